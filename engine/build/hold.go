package build

import (
	"context"
	"fmt"

	"github.com/ingot-build/ingot/engine/events"
)

// A Holder is a ledger that can hold what a run has made for as long as its distribution may be gone on with, by another process too.
type Holder interface {
	// Hold keeps what the run has recorded so far from being removed, but by a person. how says what it is kept for.
	Hold(ctx context.Context, runID, how string) error
	// Release undoes it.
	Release(ctx context.Context, runID string) error
}

// Distributable is how what is held for a distribution is shown.
func Distributable(runID string) string {
	return fmt.Sprintf("the distribution of run %s, which goes on with: ingot distribute %s --retry-failed", runID, runID)
}

// hold keeps what the image is made of while it is distributed, where that is not a file of this machine. It stays when the distribution
// does not succeed: a snapshot costs little, and what it was made with an hour. release is called with the error of the distribution.
func (s *state) hold(ctx context.Context) (release func(error) error, err error) {
	h, ok := s.Ledger.(Holder)
	if !ok || s.built.Snapshot == nil {
		return func(err error) error { return err }, nil
	}
	if err := h.Hold(ctx, s.id, Distributable(s.id)); err != nil {
		return nil, err
	}
	return func(err error) error {
		if err == nil {
			return h.Release(ctx, s.id)
		}
		s.emit(events.Event{Output: &events.Output{Stream: events.Say,
			Text: "the snapshot is kept; go on with: ingot distribute " + s.id + " --retry-failed"}})
		return err
	}, nil
}
