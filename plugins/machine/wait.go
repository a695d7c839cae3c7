package machine

import (
	"context"
	"time"
)

// Pause waits for d, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Poll waits until holds does. It fails only when ctx ends, with its cause.
func Poll(ctx context.Context, every time.Duration, holds func() bool) error {
	for !holds() {
		if Pause(ctx, every); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}
