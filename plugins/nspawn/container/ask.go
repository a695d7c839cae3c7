package container

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// Freeze makes the guest's file systems write all they have and holds them still: who writes waits. The supervisor thaws them by itself
// after thawBound, and when this process dies; a Thaw after that is an error. After an error nothing is frozen.
func (c *Container) Freeze(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, askPatience, fmt.Errorf("what the guest writes does not get to its disk within %s", askPatience))
	defer cancel()
	if err := c.ask(ctx, doFreeze); err != nil {
		if context.Cause(ctx) != nil { // it may be frozen yet
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), askPatience)
			defer cancel()
			_ = c.ask(late, doThaw)
		}
		return fmt.Errorf("freeze the file systems of container %s: %w", c.spec.Name, err)
	}
	return nil
}

// Thaw lets the guest write again. The error is errThawed's text where the file systems were thawed meanwhile: what was taken of the disk
// since Freeze is not known to be whole then.
func (c *Container) Thaw(ctx context.Context) error {
	if err := c.ask(ctx, doThaw); err != nil {
		return fmt.Errorf("thaw the file systems of container %s: %w", c.spec.Name, err)
	}
	return nil
}

// PowerOff takes the guest down in good order and returns when its disk is closed and nothing runs any more. A guest that is not down when
// ctx ends is killed; the error says so, and the disk is as after a power cut.
func (c *Container) PowerOff(ctx context.Context) error {
	err := c.ask(ctx, doPowerOff)
	if err == nil {
		select {
		case <-c.done:
			return c.Err()
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	select {
	case <-c.done:
		return c.Err() // it ended by itself meanwhile
	default:
	}
	return errors.Join(fmt.Errorf("container %s was not down in time and was killed: %w\n  why:  its disk is as after a power cut; see %s",
		c.spec.Name, err, c.Console()), c.Kill())
}

// Kill ends the guest and all that runs it at once, and returns when nothing is left. It is no error that it ended before.
func (c *Container) Kill() error {
	if c.way.Mode == Sudo {
		return c.killBySudo()
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} { // the first one thaws what is frozen
		_ = c.cmd.Process.Signal(sig) // or it has ended
		select {
		case <-c.done:
			return nil
		case <-time.After(killPatience):
		}
	}
	return fmt.Errorf("container %s does not end: process %d hangs in the kernel", c.spec.Name, c.PID())
}

// Detach lets go of a container that Stays. Its supervisor goes on, and SIGTERM ends it; Done is not closed any more.
func (c *Container) Detach() {
	if c.spec.Stays {
		c.link.close()
	}
}

// ask has the supervisor do something and waits for its answer.
func (c *Container) ask(ctx context.Context, do string) error {
	answer := make(chan report, 1)
	c.mu.Lock()
	c.lastID++
	id := c.lastID
	c.waiting[id] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, id)
	}()
	if err := c.link.send(request{id, do}); err != nil {
		select {
		case <-c.done:
			return c.gone()
		case <-time.After(killPatience):
			return err
		}
	}
	select {
	case r := <-answer:
		if r.Error != "" {
			return errors.New(r.Error)
		}
		return nil
	case <-c.done:
		return c.gone()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Container) gone() error {
	if err := c.Err(); err != nil {
		return fmt.Errorf("it is gone: %w", err)
	}
	return errors.New("it is gone")
}
