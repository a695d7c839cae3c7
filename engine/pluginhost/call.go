package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// bounds are the limits of one call.
type bounds struct {
	limit time.Duration // for the answer; 0: none
	grace time.Duration // for the answer once the call's context has ended
}

// ask asks the plugin and waits for the answer, no longer than the bounds allow, nor than the plugin lives. Whatever
// ends in no answer ends the process too, since nobody knows what it does then.
func ask[T any](c *component, ctx context.Context, what string, b bounds, question func() (T, error)) (T, error) {
	var answer T
	// What comes is a function that hands over the answer: nobody touches one that comes too late.
	answered := make(chan func() error, 1)
	go func() {
		value, err := unpanic(question)
		answered <- func() error {
			answer = value
			return err
		}
	}()
	err := c.await(ctx, what, b, answered)
	if err != nil {
		var none T
		return none, err
	}
	return answer, nil
}

// tell is ask where only an error can come back.
func tell(c *component, ctx context.Context, what string, b bounds, do func() error) error {
	_, err := ask(c, ctx, what, b, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// await is the waiting of ask.
func (c *component) await(ctx context.Context, what string, b bounds, answered <-chan func() error) error {
	var late, lateAfterEnd <-chan time.Time
	if b.limit > 0 {
		timer := time.NewTimer(b.limit)
		defer timer.Stop()
		late = timer.C
	}
	ended := ctx.Done()
	for {
		select {
		case take := <-answered:
			return c.judge(what, take())
		case <-c.conn.broken:
			// The answer may have come just before the end.
			timer := time.NewTimer(settle)
			defer timer.Stop()
			select {
			case take := <-answered:
				return c.judge(what, take())
			case <-timer.C:
				return c.crash(what)
			}
		case <-late:
			return c.fault(fmt.Sprintf("did not answer %s within %s", what, b.limit), c.proc.output.last())
		case <-ended:
			if b.grace == 0 {
				return errors.Join(context.Cause(ctx), c.proc.kill())
			}
			timer := time.NewTimer(b.grace)
			defer timer.Stop()
			ended, lateAfterEnd = nil, timer.C
		case <-lateAfterEnd:
			late := fmt.Sprintf("did not end %s within %s after it was told to", what, b.grace)
			return c.fault(late, c.proc.output.last())
		}
	}
}

// settle is how long an answer gets that came in with the end of the connection, and a process whose connection has
// ended.
const settle = 2 * time.Second

// judge makes of an RPC error what the component said, or what happened to the plugin.
func (c *component) judge(what string, err error) error {
	var panicked *unreadable
	switch {
	case err == nil:
		return nil
	case fromComponent(err):
		return newSaid(c.host.opts.Mask.Text(err.Error()))
	case c.conn.why() != nil:
		return c.crash(what)
	case errors.As(err, &panicked):
		return c.fault("answered "+what+" with something that cannot be read", c.host.opts.Mask.Text(panicked.Error()))
	default:
		return c.fault("gave no answer to "+what, c.host.opts.Mask.Text(err.Error()))
	}
}

// crash says why the connection is over: how the process ended, or what else happened to the connection.
func (c *component) crash(what string) error {
	reason := c.conn.why()
	happened := reason.Error()
	if reason == errClosedConn && c.proc.within(settle) {
		happened = how(c.proc.result)
	}
	return c.fault(happened+" during "+what, c.proc.output.last())
}

// fault ends the process and gives the error that says why.
func (c *component) fault(what, why string) error {
	return errors.Join(c.newError(what, why), c.proc.kill())
}

func (c *component) newError(what, why string) *Error {
	return &Error{Plugin: c.plugin.Name, Component: c.title(), What: what, Why: why}
}

// unreadable is a panic of the SDK's RPC, which panics where an interface of Packer's has no error.
type unreadable struct{ value any }

func (e *unreadable) Error() string { return fmt.Sprint(e.value) }

// unpanic makes an error of a panic.
func unpanic[T any](call func() (T, error)) (value T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &unreadable{v}
		}
	}()
	return call()
}
