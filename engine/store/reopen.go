package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// Reopen takes up a run again that ended, or whose process did: it is Running again, in the sub-state that it was left in, and held
// until Close. Its outputs and events stay; new ones follow. The error is a *LiveError if a process holds the run, so of two that take
// up the same run one gets it; a *NotFoundError if there is none of that id, which is a whole one.
func (s *Store) Reopen(ctx context.Context, id string) (*ActiveRun, error) {
	found, err := s.runs(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || id == "" {
		return nil, &NotFoundError{Ref: id}
	}
	a := &ActiveRun{store: s, run: found[0], lock: flock.New(lockFile(found[0].Dir), flock.SetPermissions(0o600))}
	if ok, err := a.lock.TryLock(); err != nil {
		return nil, fmt.Errorf("lock run %s: %w", id, err)
	} else if !ok {
		return nil, errors.Join(&LiveError{Run: id, PID: found[0].PID}, a.lock.Close())
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		// Somebody may have ended the run since it was read.
		row := tx.QueryRowContext(ctx, `SELECT sub_state, (SELECT coalesce(max(seq), 0) FROM events WHERE run = ?1) FROM runs WHERE id = ?1`, id)
		if err := row.Scan(&a.run.SubState, &a.seq); errors.Is(err, sql.ErrNoRows) {
			return &NotFoundError{Ref: id}
		} else if err != nil {
			return err
		}
		r := &a.run
		r.State, r.Message, r.Ended, r.PID, r.Interrupted = Running, "", fromNano(0), os.Getpid(), false
		_, err := tx.ExecContext(ctx, `UPDATE runs SET state = ?, message = '', ended = 0, pid = ? WHERE id = ?`, r.State, r.PID, id)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take up run %s again: %w", id, err), a.lock.Close())
	}
	a.journal = newJournal(s, id)
	return a, nil
}

// LastEvent is the number of the last event that was written when this process began to work on the run; 0 for a new run.
func (a *ActiveRun) LastEvent() int64 { return a.seq }
