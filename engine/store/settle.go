package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// interruptedMessage is how an interrupted run ends.
const interruptedMessage = "interrupted: Ingot was killed or the machine went down"

// Settle ends the runs that look interrupted as Failed and gives their records, newest first. They end at the time of their last
// event, which is the best that is known. It is safe to call at any time, by several processes at once.
func (s *Store) Settle(ctx context.Context) ([]Run, error) {
	all, err := s.runs(ctx, "")
	if err != nil {
		return nil, err
	}
	var settled []Run
	for _, r := range all {
		if !r.Interrupted {
			continue
		}
		err := s.write(ctx, func(tx *sql.Tx) error {
			// It may have been taken up again since.
			if live, err := s.Held(r.ID); err != nil || live {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE runs SET state = ?, message = ?, ended = coalesce(
					(SELECT CAST(unixepoch(body ->> 'time', 'subsec') * 1e9 AS INTEGER) FROM events
						WHERE run = ?3 ORDER BY seq DESC LIMIT 1), started)
				WHERE id = ?3 AND state IN (?, ?)`, Failed, interruptedMessage, r.ID, Running, Canceling)
			return err
		})
		if err != nil {
			return settled, fmt.Errorf("settle run %s: %w", r.ID, err)
		}
		now, err := s.runs(ctx, r.ID)
		if err != nil {
			return settled, err
		}
		if len(now) > 0 && now[0].State.Over() {
			settled = append(settled, now...)
		}
	}
	return settled, nil
}

// RemoveRun forgets a run: its record, events and outputs, then its folder. Artifacts stay. A run that is held gives a
// *LiveError, one with ledger entries a *LeftoverError.
func (s *Store) RemoveRun(ctx context.Context, id string) error {
	if !idShape.MatchString(id) {
		return fmt.Errorf("%q is not the full id of a run", id)
	}
	found, err := s.runs(ctx, id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return &NotFoundError{Ref: id}
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		live, err := s.Held(id)
		if err != nil {
			return err
		}
		if live {
			return &LiveError{Run: id, PID: found[0].PID}
		}
		rows, err := tx.QueryContext(ctx, `SELECT id, run, kind, name, recorded, kept FROM ledger WHERE run = ? ORDER BY id`, id)
		if err != nil {
			return err
		}
		left, err := scanEntries(rows)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return &LeftoverError{Run: id, Entries: left}
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM runs WHERE id = ?`, id)
		return err
	})
	if err != nil {
		return err
	}
	// After the record: a folder without a record is found by Strays, a record without its folder would look like a lost log.
	if err := os.RemoveAll(s.dirs.runDir(id)); err != nil {
		return fmt.Errorf("remove folder of run %s: %w", id, err)
	}
	return nil
}

// Strays lists folders that look like Ingot's but that nobody answers for: runs/<id> without a record, staging/<id> of no run or
// of a dead run without a ledger entry. They come from a process that was killed while it started a run, and from a database that
// was moved away.
// Once a stray, a folder stays one, since Start avoids its id.
func (s *Store) Strays(ctx context.Context) ([]string, error) {
	var strays []string
	// The write lock keeps Start from being halfway between folder and record.
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, parent := range []string{s.dirs.Runs(), s.dirs.Staging()} {
			list, err := os.ReadDir(parent)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			for _, d := range list {
				if !d.IsDir() || !idShape.MatchString(d.Name()) {
					continue
				}
				path := filepath.Join(parent, d.Name())
				// A run's folder is answered for by its record, a staging folder by its ledger entry.
				query := `SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?2)`
				if parent == s.dirs.Staging() {
					query = `SELECT EXISTS (SELECT 1 FROM ledger WHERE kind = 'directory' AND name = ?1)`
				}
				var known bool
				if err := tx.QueryRowContext(ctx, query, path, d.Name()).Scan(&known); err != nil {
					return err
				}
				live, err := s.Held(d.Name()) // also true for a live run whose database was moved away
				if err != nil {
					return err
				}
				if !known && !live {
					strays = append(strays, path)
				}
			}
		}
		return nil
	})
	return strays, err
}
