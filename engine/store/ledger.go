package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Kind is what sort of thing a ledger entry names.
type Kind string

// The kinds. Paths are absolute and clean.
const (
	Directory Kind = "directory" // Name is its path; it goes with all that is in it
	File      Kind = "file"      // Name is its path
	Process   Kind = "process"   // Name is the token in its command line that no other process has: ingot-3f2a9c1e

	// ControlGroup is a control group, in every hierarchy that this host has, with those below it. Name is that of its folder.
	ControlGroup Kind = "control group"

	// AzureResource is a resource in Azure, and all that is in it. Name is its URL without a query, host and all, since the same id
	// means other things in other clouds: https://management.azure.com/subscriptions/…
	AzureResource Kind = "azure resource"
)

// Entry is one thing that a run is about to make, or made, and gives back before it ends.
type Entry struct {
	ID       int64     `json:"id"`
	Run      string    `json:"run"`
	Kind     Kind      `json:"kind"`
	Name     string    `json:"name"`
	Recorded time.Time `json:"recorded"` // UTC

	// Kept says how to get at a thing that outlives its run because the image template wants that. "" for all else.
	Kept string `json:"kept,omitempty"`
}

// tokenShape keeps tokens long enough to be nobody else's.
var tokenShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{7,}$`)

// Record notes a resource before it is made; when Record returns, the note is on the disk. A resource has one holder: if a live
// run has noted it, the error is a *HeldError; if this run has, its entry is given again; a dead run's note becomes this run's,
// so that a later clean-up of the dead one does not remove what this run is making.
func (s *Store) Record(ctx context.Context, run string, kind Kind, name string) (Entry, error) {
	if err := checkEntry(kind, name); err != nil {
		return Entry{}, err
	}
	e := Entry{Run: run, Kind: kind, Name: name, Recorded: fromNano(toNano(s.now()))}
	err := s.write(ctx, func(tx *sql.Tx) error {
		var holder string
		err := tx.QueryRowContext(ctx, `SELECT run FROM ledger WHERE kind = ? AND name = ?`, kind, name).Scan(&holder)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if holder != "" && holder != run {
			live, err := s.Held(holder)
			if err != nil {
				return err
			}
			if live {
				return &HeldError{Run: holder, Kind: kind, Name: name}
			}
			// A new row instead of a changed one: whoever is cleaning up after the dead run holds the old entry's id.
			if _, err := tx.ExecContext(ctx, `DELETE FROM ledger WHERE kind = ? AND name = ?`, kind, name); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO ledger (run, kind, name, recorded) VALUES (?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, run, kind, name, toNano(e.Recorded))
		if err != nil {
			return err
		}
		var recorded int64
		row := tx.QueryRowContext(ctx, `SELECT id, recorded FROM ledger WHERE kind = ? AND name = ?`, kind, name)
		err = row.Scan(&e.ID, &recorded)
		e.Recorded = fromNano(recorded)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("note %s %s in the ledger: %w", kind, name, err)
	}
	return e, nil
}

func checkEntry(kind Kind, name string) error {
	switch kind {
	case Directory, File:
		if !filepath.IsAbs(name) || filepath.Clean(name) != name {
			return fmt.Errorf("ledger wants an absolute, clean path for a %s, not %q", kind, name)
		}
	case Process, ControlGroup:
		if !tokenShape.MatchString(name) {
			return fmt.Errorf("ledger wants a token of at least 8 letters, digits, '.', '_' or '-' for a %s, not %q", kind, name)
		}
	case AzureResource:
		u, err := url.Parse(name)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || !strings.HasPrefix(u.Path, "/subscriptions/") {
			return fmt.Errorf("ledger wants the https URL of a resource for an %s, not %q", kind, name)
		}
	default:
		return fmt.Errorf("ledger has no kind %q; known: directory, file, process, control group, azure resource", kind)
	}
	return nil
}

// Strike forgets an entry once its resource is gone. It works under a cancelled context; an entry that is already struck is no
// error.
func (s *Store) Strike(ctx context.Context, entry int64) error {
	ctx = context.WithoutCancel(ctx)
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM ledger WHERE id = ?`, entry)
		return err
	})
	if err != nil {
		return fmt.Errorf("strike ledger entry %d: %w", entry, err)
	}
	return nil
}

// Forget strikes what a run has noted by its name: it is gone, or it is the user's from now on. One that is not noted is no error. It
// works under a cancelled context.
func (s *Store) Forget(ctx context.Context, run string, kind Kind, name string) error {
	ctx = context.WithoutCancel(ctx)
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM ledger WHERE run = ? AND kind = ? AND name = ? COLLATE NOCASE`, run, kind, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("strike %s %s from the ledger: %w", kind, name, err)
	}
	return nil
}

// Keep marks what a run has noted so far as kept: only a person removes it.
func (s *Store) Keep(ctx context.Context, run, how string) error {
	ctx = context.WithoutCancel(ctx)
	if how == "" {
		return fmt.Errorf("keep what run %s made: nothing says how to get at it", run)
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE ledger SET kept = ? WHERE run = ?`, how, run)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what run %s made: %w", run, err)
	}
	return nil
}

// Entries lists what a run has noted and not struck, in the order of noting; run "" lists those of all runs.
func (s *Store) Entries(ctx context.Context, run string) ([]Entry, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, run, kind, name, recorded, kept FROM ledger WHERE ?1 = '' OR run = ?1
		ORDER BY id`, run)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return scanEntries(rows)
}

func scanEntries(rows *sql.Rows) ([]Entry, error) {
	defer rows.Close()
	var list []Entry
	for rows.Next() {
		var e Entry
		var recorded int64
		if err := rows.Scan(&e.ID, &e.Run, &e.Kind, &e.Name, &recorded, &e.Kept); err != nil {
			return nil, err
		}
		e.Recorded = fromNano(recorded)
		list = append(list, e)
	}
	return list, rows.Err()
}
