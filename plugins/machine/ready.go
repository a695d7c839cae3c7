package machine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ReadyPoll is the pause between two looks at something that costs nothing to look at.
const ReadyPoll = 20 * time.Millisecond

// A Check is one thing that has to be so before the guest can be worked on.
type Check struct {
	What  string                      // "sshd answers on the forwarded port"
	Hint  string                      // what to look at when it never becomes so
	Probe func(context.Context) error // waits until it is so; ends when its context does
}

// ErrNotReady is why a check's context ends when there is no time left.
var ErrNotReady = errors.New("no time left")

// Ready goes through the checks of a machine, which messages call what, in order and gives all of them together limit. It tells
// progress which one it waits for, and how many are done. The error names the check that failed, with its hint where time ran out, and
// the console's last lines.
func Ready(ctx context.Context, what string, limit time.Duration, checks []Check,
	progress func(what string, done int), consoleLines func() string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrNotReady)
	defer cancel()
	for i, c := range checks {
		progress(c.What, i)
		err := c.Probe(ctx)
		cause := context.Cause(ctx)
		switch {
		case errors.Is(cause, ErrNotReady) && err != nil:
			return fmt.Errorf("%s was not ready within %s: check %d of %d, %q, did not pass%s\n  fix:  %s%s",
				what, limit, i+1, len(checks), c.What, lastTry(err), c.Hint, consoleLines())
		case cause != nil && err != nil:
			return cause
		case err != nil:
			return fmt.Errorf("%s is not ready: check %d of %d, %q: %w%s",
				what, i+1, len(checks), c.What, err, consoleLines())
		}
	}
	progress("ready", len(checks))
	return nil
}

// lastTry is what a check's last attempt ran into, as the line of a message, or "" if it only waited. The error of a check whose time
// ran out may be joined of that and ErrNotReady.
func lastTry(err error) string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return ""
	}
	for _, e := range joined.Unwrap() {
		if !errors.Is(e, ErrNotReady) {
			return "\n  why:  " + e.Error()
		}
	}
	return ""
}
