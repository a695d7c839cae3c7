package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

const (
	flushEvents = 200                    // at most this many events in one transaction
	flushAfter  = 100 * time.Millisecond // an event waits at most this long; "logs --follow" feels immediate
	backlog     = 4096                   // events that may wait; a guest that prints faster is slowed down, not buffered
	pageEvents  = 500                    // events read at a time
)

// journal writes the events of one run from a goroutine of its own, many in one transaction.
type journal struct {
	store *Store
	run   string
	in    chan events.Event
	stop  chan struct{} // closed by close; in is never closed, so that a late event cannot panic
	done  chan struct{} // closed when the goroutine ended
	once  sync.Once

	mu  sync.Mutex
	err error // the first one
}

func newJournal(s *Store, run string) *journal {
	j := &journal{
		store: s, run: run, in: make(chan events.Event, backlog),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go j.loop()
	return j
}

func (j *journal) sink(e events.Event) {
	select {
	case <-j.stop:
		return
	default:
	}
	select {
	case j.in <- e:
	case <-j.done:
	}
}

func (j *journal) close() {
	j.once.Do(func() { close(j.stop) })
	<-j.done
}

func (j *journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

func (j *journal) loop() {
	defer close(j.done)
	timer := time.NewTimer(0)
	timer.Stop()
	var batch []events.Event
	flush := func() {
		timer.Stop()
		j.write(batch)
		batch = batch[:0]
	}
	for {
		select {
		case e := <-j.in:
			if batch = append(batch, e); len(batch) == 1 {
				timer.Reset(flushAfter)
			}
			if len(batch) >= flushEvents {
				flush()
			}
		case <-timer.C:
			flush()
		case <-j.stop:
			for len(j.in) > 0 {
				batch = append(batch, <-j.in)
			}
			flush()
			return
		}
	}
}

// write stores a batch, or throws it away once the journal failed: a log that ends early is plain to see, one with holes is not.
func (j *journal) write(batch []events.Event) {
	if len(batch) == 0 || j.failure() != nil {
		return
	}
	ctx := context.Background() // the run's own context may be cancelled; its last words still count
	err := j.store.writeTo(ctx, j.store.journal, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `INSERT INTO events VALUES (?, ?, ?)`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, e := range batch {
			body, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("event %d: %w", e.Seq, err)
			}
			if _, err := insert.ExecContext(ctx, j.run, e.Seq, string(body)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.err = fmt.Errorf("write journal of run %s: %w", j.run, err)
	}
}

// Events gives the events of a run with a Seq greater than after, in order, as far as they are written. A caller who follows a
// live run calls again with the last Seq it saw. The sequence ends at the first error.
func (s *Store) Events(ctx context.Context, id string, after int64) iter.Seq2[events.Event, error] {
	return func(yield func(events.Event, error) bool) {
		for {
			// In pages, so that a slow reader does not hold a view of the database open and keep its log from shrinking.
			page, err := s.eventPage(ctx, id, after)
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			if err != nil {
				yield(events.Event{}, err)
				return
			}
			if len(page) < pageEvents {
				return
			}
		}
	}
}

func (s *Store) eventPage(ctx context.Context, id string, after int64) ([]events.Event, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT seq, body FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?`,
		id, after, pageEvents)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	defer rows.Close()
	var page []events.Event
	for rows.Next() {
		var seq int64
		var body []byte
		var e events.Event
		if err := rows.Scan(&seq, &body); err != nil {
			return page, s.explain(ctx, err)
		}
		if err := json.Unmarshal(body, &e); err != nil {
			err = fmt.Errorf("event %d of run %s: %w", seq, id, err)
			return page, &DatabaseError{Path: s.dirs.database(), Fault: Damaged, Err: err}
		}
		page = append(page, e)
	}
	return page, s.explain(ctx, rows.Err())
}
