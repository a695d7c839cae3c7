package build

import (
	"context"
	"fmt"

	"github.com/ingot-build/ingot/engine/events"
)

// A Holder is a ledger that can undo Keep. What an image is made of is kept for as long as its distribution may be gone on with, by
// another process too.
type Holder interface {
	Release(ctx context.Context, runID string) error
}

// GoesOn is what is typed to go on with a distribution.
func GoesOn(runID string) string { return fmt.Sprintf("ingot distribute %s --retry-failed", runID) }

// hold keeps what the image is made of while it is distributed, where that is not a file of this machine. It stays when the distribution
// does not succeed: a snapshot costs little, and what it was made with an hour. release is called with the error of the distribution.
func (s *state) hold(ctx context.Context) (release func(error) error, err error) {
	h, ok := s.Ledger.(Holder)
	if !ok || s.built.Snapshot == nil {
		return func(err error) error { return err }, nil
	}
	if err := s.Ledger.Keep(ctx, s.id, GoesOn(s.id)); err != nil {
		return nil, err
	}
	s.held = true
	return func(err error) error {
		if err == nil {
			s.held = false
			return h.Release(ctx, s.id)
		}
		text := "what the image is made of is kept; go on with: " + GoesOn(s.id)
		s.emit(events.Event{Output: &events.Output{Stream: events.Say, Text: text}})
		return err
	}, nil
}
