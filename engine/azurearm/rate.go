package azurearm

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many requests a minute a process sends to Resource Manager, whoever in it sends them. A nil Rate, like one of 0 a minute,
// has no limit. It is safe for concurrent use.
type Rate struct {
	limiter *rate.Limiter // nil: no limit
	clock   clock

	mu   sync.Mutex
	held map[string]time.Time // until when Azure wants no requests, by what they are about
}

// NewRate makes one. In no minute are there more requests than that; up to a tenth of them may come at once.
func NewRate(perMinute int) *Rate {
	r := &Rate{clock: wall{}, held: map[string]time.Time{}}
	if perMinute > 0 {
		// What comes at once is taken off the steady flow, so that a minute that begins with it keeps the limit too.
		burst := max(1, perMinute/10)
		steady := max(perMinute-burst, 1)
		r.limiter = rate.NewLimiter(rate.Every(time.Minute/time.Duration(steady)), burst)
	}
	return r
}

// Wait returns when the next request may be sent, or with the cause of a context that ended before. Requests come in the order in which
// they asked.
func (r *Rate) Wait(ctx context.Context) error {
	if r == nil || r.limiter == nil {
		return context.Cause(ctx)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	now := r.clock.Now()
	turn := r.limiter.ReserveN(now, 1)
	if err := r.clock.Sleep(ctx, turn.DelayFrom(now)); err != nil {
		turn.CancelAt(r.clock.Now()) // somebody else's, then
		return err
	}
	return nil
}

// hold notes that Azure wants no more requests about something for a while, and reports whether that is news: of many requests that
// are turned away at once, one is.
func (r *Rate) hold(about string, d time.Duration) (news bool) {
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	for key, until := range r.held {
		if !until.After(now) {
			delete(r.held, key)
		}
	}
	until := now.Add(d)
	before, is := r.held[about]
	if !is || until.After(before) {
		r.held[about] = until
	}
	return !is
}

// release returns when Azure wants requests about something again.
func (r *Rate) release(ctx context.Context, about string) error {
	if r == nil {
		return nil
	}
	for {
		r.mu.Lock()
		left := r.held[about].Sub(r.clock.Now())
		r.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if err := r.clock.Sleep(ctx, left); err != nil {
			return err
		}
	}
}

// clock is what tests replace.
type clock interface {
	Now() time.Time
	Sleep(context.Context, time.Duration) error
}

// wall is the clock of this machine.
type wall struct{}

func (wall) Now() time.Time { return time.Now() }

func (wall) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
