package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Fault is the kind of trouble with the database file.
type Fault string

// The faults.
const (
	Damaged    Fault = "damaged"    // not a database, or a broken one
	Foreign    Fault = "foreign"    // a database of another program
	Newer      Fault = "newer"      // written by a later version of Ingot
	Unwritable Fault = "unwritable" // permissions, or a read-only file system
	Full       Fault = "full"       // no space left
	Busy       Fault = "busy"       // another process held it for longer than busyTimeout
)

// DatabaseError says what is wrong with the database and what to do about it.
type DatabaseError struct {
	Path  string
	Fault Fault
	Err   error // what SQLite said; may be nil
}

func (e *DatabaseError) Error() string {
	what := map[Fault]string{
		Damaged:    "run database %s is damaged; move it away to start a new one, then look for leftovers with: ingot clean",
		Foreign:    "%s is a database of another program; move it away, or set XDG_STATE_HOME to another folder",
		Newer:      "run database %s was written by a newer Ingot; use that one, or set XDG_STATE_HOME to another folder",
		Unwritable: "run database %s cannot be written; check the owner and the permissions of its folder",
		Full:       "no space left for run database %s; free some on that disk, for example with: ingot clean",
		Busy:       "run database %s was held by another process for " + busyTimeout.String() + "; try again",
	}[e.Fault]
	text := fmt.Sprintf(what, e.Path)
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

func (e *DatabaseError) Unwrap() error { return e.Err }

// explain turns an error of SQLite or of the file system into a *DatabaseError where the kind is known. A cancelled context
// gives its cause, since SQLite only knows that it was interrupted.
func (s *Store) explain(ctx context.Context, err error) error {
	var known *DatabaseError
	if err == nil || errors.As(err, &known) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if fault := faultOf(err); fault != "" {
		return &DatabaseError{Path: s.dirs.database(), Fault: fault, Err: err}
	}
	return err
}

func faultOf(err error) Fault {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Full
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return Unwritable
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code() & 0xff { // the low byte is the primary result code: https://www.sqlite.org/rescode.html
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return Damaged
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return Unwritable
	case sqlite3.SQLITE_FULL:
		return Full
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return Busy
	}
	return ""
}

// NotFoundError says that no run goes by the given name.
type NotFoundError struct {
	Ref    string
	Latest []string // ids of the newest runs, newest first, at most five; empty when there are no runs at all
	Near   string   // the id that was most likely meant, or ""
}

func (e *NotFoundError) Error() string {
	if len(e.Latest) == 0 {
		return fmt.Sprintf("no run %q: nothing was built yet", e.Ref)
	}
	hint := ""
	if e.Near != "" {
		hint = fmt.Sprintf("did you mean %q? ", e.Near)
	}
	return fmt.Sprintf("no run %q: %slatest runs: %s", e.Ref, hint, strings.Join(e.Latest, ", "))
}

// AmbiguousError says that several runs begin with the given text.
type AmbiguousError struct {
	Ref string
	IDs []string // newest first
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("run %q is ambiguous: %s; give more digits", e.Ref, strings.Join(e.IDs, ", "))
}

// LiveError says that something cannot be done because a process still works on the run.
type LiveError struct {
	Run string
	PID int
}

func (e *LiveError) Error() string {
	return fmt.Sprintf("run %s is still running in process %d; stop it first with: ingot cancel %s", e.Run, e.PID, e.Run)
}

// LeftoverError says that a run's record cannot go because the ledger still lists things the run made.
type LeftoverError struct {
	Run     string
	Entries []Entry
}

func (e *LeftoverError) Error() string {
	return fmt.Sprintf("run %s left %d thing(s) behind, such as %s %s; remove them first with: ingot clean",
		e.Run, len(e.Entries), e.Entries[0].Kind, e.Entries[0].Name)
}

// HeldError says that another live run holds the resource.
type HeldError struct {
	Run  string // the run that holds it
	Kind Kind
	Name string
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s %s is being worked on by run %s; wait for it, or stop it with: ingot cancel %s",
		e.Kind, e.Name, e.Run, e.Run)
}
