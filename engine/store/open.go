package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite": SQLite without cgo, so that Ingot stays one static program
)

// busyTimeout is how long a statement waits for another process. Ours hold the database for milliseconds.
const busyTimeout = 10 * time.Second

// Store is an open store. It is safe for concurrent use.
type Store struct {
	dirs Dirs
	// db commits with synchronous=FULL: a ledger entry is on the disk, not only in the kernel's cache, before the resource it
	// names is made. journal commits with NORMAL: losing the last lines of a log in a power cut costs nothing, and syncing ten
	// times a second would slow the build. Neither loses anything when only the process is killed.
	db, journal *sql.DB

	now    func() time.Time
	random io.Reader // of run ids
}

// Open opens the store under dirs.State and makes it if there is none. The caller closes it. Trouble with the file itself is a
// *DatabaseError.
func Open(ctx context.Context, dirs Dirs) (*Store, error) { return open(ctx, dirs, "") }

// open is Open with one more pragma for every connection.
func open(ctx context.Context, dirs Dirs, pragma string) (_ *Store, err error) {
	s := &Store{dirs: dirs, now: time.Now, random: rand.Reader}
	if err := os.MkdirAll(dirs.State, 0o700); err != nil {
		return nil, s.explain(ctx, err)
	}
	// Turning on WAL and migrating want the file for themselves and SQLite does not always wait for it, so openers queue at a
	// lock on the folder.
	lock := flock.New(dirs.State, flock.SetFlag(os.O_RDONLY))
	if ok, err := lock.TryLockContext(ctx, 2*time.Millisecond); !ok {
		return nil, fmt.Errorf("lock %s: %w", dirs.State, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()

	if s.db, err = sql.Open("sqlite", s.dsn("FULL", pragma)); err != nil {
		return nil, fmt.Errorf("open run database: %w", err)
	}
	if s.journal, err = sql.Open("sqlite", s.dsn("NORMAL", pragma)); err != nil {
		return nil, errors.Join(fmt.Errorf("open run database: %w", err), s.db.Close())
	}
	s.db.SetMaxOpenConns(4)
	s.journal.SetMaxOpenConns(1)
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// dsn names the database for the driver. The path is escaped: a "?" or "#" in it would start the parameters.
func (s *Store) dsn(synchronous, pragma string) string {
	q := url.Values{"_txlock": {"immediate"}} // take the write lock at the start: a later upgrade could fail as busy
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()))
	q.Add("_pragma", "journal_mode(WAL)")
	q.Add("_pragma", "foreign_keys(1)")
	q.Add("_pragma", "synchronous("+synchronous+")")
	if pragma != "" {
		q.Add("_pragma", pragma)
	}
	u := url.URL{Scheme: "file", Path: s.dirs.database(), RawQuery: q.Encode()}
	return u.String()
}

// Dirs gives the folders the store was opened with.
func (s *Store) Dirs() Dirs { return s.dirs }

// Close closes the database. Runs started from it must be closed before.
func (s *Store) Close() error { return errors.Join(s.journal.Close(), s.db.Close()) }

// write runs fn in a transaction that holds the write lock of the database from its start. Other processes wait meanwhile, so
// fn is quick.
func (s *Store) write(ctx context.Context, fn func(*sql.Tx) error) error {
	return s.writeTo(ctx, s.db, fn)
}

func (s *Store) writeTo(ctx context.Context, db *sql.DB, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit; before it, the first error is the one that tells
	if err := fn(tx); err != nil {
		return s.explain(ctx, err)
	}
	return s.explain(ctx, tx.Commit())
}
