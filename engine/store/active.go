package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gofrs/flock"

	"github.com/ingot-build/ingot/engine/events"
)

// ActiveRun is a run that this process works on. It is safe for concurrent use.
type ActiveRun struct {
	store   *Store
	lock    *flock.Flock
	journal *journal
	seq     int64 // of the last event that was there before

	mu  sync.Mutex
	run Run
}

// errTaken says that an id is in use; Start tries another one.
var errTaken = errors.New("id is taken")

// Start makes a new run out of r's Name and TemplateFile: an id nobody has, its folder (mode 0700), its lock, its record in
// state Running, Queued. The run is held until Close or the end of the process.
func (s *Store) Start(ctx context.Context, r Run) (*ActiveRun, error) {
	if err := os.MkdirAll(s.dirs.Runs(), 0o700); err != nil {
		return nil, s.explain(ctx, err)
	}
	for range 100 {
		var digits [4]byte
		if _, err := io.ReadFull(s.random, digits[:]); err != nil {
			return nil, fmt.Errorf("pick a run id: %w", err)
		}
		r.ID = hex.EncodeToString(digits[:])
		a, err := s.start(ctx, r)
		if !errors.Is(err, errTaken) {
			return a, err
		}
	}
	return nil, fmt.Errorf("no free run id in %s after 100 tries", s.dirs.Runs())
}

// start makes the run with the id in r. Folder and lock are made inside the transaction: whoever sees the record sees it held,
// and Strays, which also holds the write lock, never sees a folder that is about to get its record.
func (s *Store) start(ctx context.Context, r Run) (*ActiveRun, error) {
	r.State, r.SubState, r.Message, r.Outputs = Running, Queued, "", nil
	r.Started, r.PID, r.Dir = fromNano(toNano(s.now())), os.Getpid(), s.dirs.runDir(r.ID)
	a := &ActiveRun{store: s, run: r, lock: flock.New(lockFile(r.Dir), flock.SetPermissions(0o600))}
	made := false
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := os.Lstat(filepath.Join(s.dirs.Staging(), r.ID)); err == nil {
			return errTaken
		}
		if err := os.Mkdir(r.Dir, 0o700); errors.Is(err, fs.ErrExist) {
			return errTaken
		} else if err != nil {
			return err
		}
		made = true
		if ok, err := a.lock.TryLock(); err != nil {
			return fmt.Errorf("lock run %s: %w", r.ID, err)
		} else if !ok {
			return fmt.Errorf("lock run %s: another process took the lock of a folder made just now", r.ID)
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT DO NOTHING`,
			r.ID, r.Name, r.TemplateFile, r.State, r.SubState, r.Message, toNano(r.Started), r.PID, r.Visits)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errTaken)
		}
		return nil
	})
	if err != nil {
		if made {
			err = errors.Join(err, os.RemoveAll(r.Dir))
		}
		return nil, errors.Join(err, a.lock.Close())
	}
	a.journal = newJournal(s, r.ID)
	return a, nil
}

// Run gives the record as it stands.
func (a *ActiveRun) Run() Run {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.run
	r.Outputs = slices.Clone(r.Outputs)
	return r
}

// SetState says where the run stands; an empty sub keeps the sub-state. A run that is Canceling does not go back to Running, and
// one that is over stays as it ended: cancelling comes from elsewhere, at any moment. Use Finish for the states that end a run.
func (a *ActiveRun) SetState(ctx context.Context, state RunState, sub RunSubState) error {
	return a.update(ctx, func(r *Run) {
		if r.State.Over() {
			return
		}
		if r.State != Canceling {
			r.State = state
		}
		r.SubState = cmp.Or(sub, r.SubState)
	})
}

// Finish ends the run. It works under a cancelled context too, since that is one way for a run to end. Events may follow until
// Close.
func (a *ActiveRun) Finish(ctx context.Context, state RunState, message string) error {
	return a.update(context.WithoutCancel(ctx), func(r *Run) {
		r.State, r.Message, r.Ended = state, message, fromNano(toNano(a.store.now()))
	})
}

func (a *ActiveRun) update(ctx context.Context, change func(*Run)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.run
	change(&r)
	if r.State == a.run.State && r.SubState == a.run.SubState && r.Ended.Equal(a.run.Ended) {
		return nil
	}
	err := a.store.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE runs SET state = ?, sub_state = ?, message = ?, ended = ? WHERE id = ?`,
			r.State, r.SubState, r.Message, toNano(r.Ended), r.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("record state of run %s: %w", r.ID, err)
	}
	a.run = r
	return nil
}

// AddOutput records the result of one distributor; a later one of the same name replaces it. It works under a cancelled
// context: what was distributed is not lost.
func (a *ActiveRun) AddOutput(ctx context.Context, out events.RunOutput) error {
	ctx = context.WithoutCancel(ctx)
	body, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("record output %q: %w", out.Name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	err = a.store.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)`, a.run.ID, out.Name, string(body))
		return err
	})
	if err != nil {
		return fmt.Errorf("record output %q of run %s: %w", out.Name, a.run.ID, err)
	}
	a.run.Outputs = slices.DeleteFunc(a.run.Outputs, func(o events.RunOutput) bool { return o.Name == out.Name })
	a.run.Outputs = append(a.run.Outputs, out)
	return nil
}

// Sink keeps events in the journal. It takes them from events.Serial, which numbers them. Writing is behind by up to a tenth of
// a second; a sink that is far behind makes its caller wait. Events after Close are lost.
func (a *ActiveRun) Sink() events.Sink { return a.journal.sink }

// Err is the first trouble the journal had, such as a full disk: a *DatabaseError. Nothing is written after it.
func (a *ActiveRun) Err() error { return a.journal.failure() }

// Close writes the rest of the journal and lets the run go. A run that was not finished counts as interrupted from then on. The
// error is what Err gives. Only the first call does something.
func (a *ActiveRun) Close() error {
	a.journal.close()
	return errors.Join(a.journal.failure(), a.lock.Close())
}
