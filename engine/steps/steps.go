// Package steps runs a list of steps forward and cleans up backward: also after a failure, and after a cancelled context.
package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// undoTimeout bounds an Undo whose step says nothing else. It is longer than the time a guest gets to shut down, so that a slow one is
// not cut off.
const undoTimeout = 2 * time.Minute

// Step is one part of a run over the state S. Undo may be nil. Once Do began, Undo runs, so it copes with half-done work; its
// context outlives a cancelled one.
type Step[S any] struct {
	Name     string
	Do, Undo func(context.Context, *S) error
	Patience time.Duration // for Undo; 0 is two minutes
}

// Run does the steps in order and, at the end, undoes in reverse order those that began. The error joins the first failure of
// Do and every failure of Undo. A context that was cancelled before a step gives the cancellation's cause.
func Run[S any](ctx context.Context, s *S, list []Step[S]) (err error) {
	for _, st := range list {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if st.Undo != nil {
			defer func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(st.Patience, undoTimeout))
				defer cancel()
				if uerr := st.Undo(ctx, s); uerr != nil {
					err = errors.Join(err, fmt.Errorf("clean up %s: %w", st.Name, uerr))
				}
			}()
		}
		if derr := st.Do(ctx, s); derr != nil {
			return fmt.Errorf("%s: %w", st.Name, derr)
		}
	}
	return nil
}
