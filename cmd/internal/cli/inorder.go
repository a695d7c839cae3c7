package cli

import (
	"context"
	"iter"

	"golang.org/x/sync/errgroup"
)

// inOrder calls work for each item, on several goroutines, and show with what it returns, in the order of the items and on the
// caller's goroutine. Few results wait to be shown, however many items there are. The first error ends it, or the end of ctx; work
// should return soon then.
func inOrder[T, R any](ctx context.Context, items iter.Seq[T], workers int, work func(context.Context, T) (R, error), show func(R) error) error {
	type outcome struct {
		value R
		err   error
	}
	type job struct {
		item T
		done chan outcome
	}
	ctx, cancel := context.WithCancelCause(ctx)
	group, ctx := errgroup.WithContext(ctx)
	jobs := make(chan job)
	queue := make(chan chan outcome, 4*workers) // what was begun, in order
	group.Go(func() error {
		defer close(queue)
		defer close(jobs)
		for item := range items {
			j := job{item, make(chan outcome, 1)}
			select {
			case queue <- j.done:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	for range workers {
		group.Go(func() error {
			for j := range jobs {
				value, err := work(ctx, j.item)
				j.done <- outcome{value, err}
			}
			return nil
		})
	}
	err := func() error {
		for done := range queue {
			select {
			case o := <-done:
				if o.err != nil {
					return o.err
				}
				if err := show(o.value); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	}()
	cancel(err)
	if werr := group.Wait(); err == nil {
		err = werr
	}
	return err
}
