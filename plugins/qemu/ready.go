package qemu

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// readyPoll is the pause between two looks at something that costs nothing to look at.
const readyPoll = 20 * time.Millisecond

// A check is one thing that has to be so before the guest can be worked on.
type check struct {
	what  string                      // "sshd answers on the forwarded port"
	hint  string                      // what to look at when it never becomes so
	probe func(context.Context) error // waits until it is so; ends when its context does
}

// errNotReady is why a check's context ends when there is no time left.
var errNotReady = errors.New("no time left")

// ready goes through the checks in order and gives all of them together limit. It tells progress which one it waits
// for, and how many are done. The error names the check that failed, with its hint where time ran out, and the
// console's last lines.
func ready(ctx context.Context, limit time.Duration, checks []check,
	progress func(what string, done int), consoleLines func() string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errNotReady)
	defer cancel()
	for i, c := range checks {
		progress(c.what, i)
		err := c.probe(ctx)
		cause := context.Cause(ctx)
		switch {
		case errors.Is(cause, errNotReady) && err != nil:
			return fmt.Errorf("build VM was not ready within %s: check %d of %d, %q, did not pass%s\n  fix:  %s%s",
				limit, i+1, len(checks), c.what, lastTry(err), c.hint, consoleLines())
		case cause != nil && err != nil:
			return cause
		case err != nil:
			return fmt.Errorf("build VM is not ready: check %d of %d, %q: %w%s",
				i+1, len(checks), c.what, err, consoleLines())
		}
	}
	progress("ready", len(checks))
	return nil
}

// lastTry is what a check's last attempt ran into, as the line of a message, or "" if it only waited. The error of a check whose time
// ran out may be joined of that and errNotReady.
func lastTry(err error) string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return ""
	}
	for _, e := range joined.Unwrap() {
		if !errors.Is(e, errNotReady) {
			return "\n  why:  " + e.Error()
		}
	}
	return ""
}

// until waits until holds does.
func until(ctx context.Context, holds func() bool) error {
	return poll(ctx, readyPoll, holds)
}
