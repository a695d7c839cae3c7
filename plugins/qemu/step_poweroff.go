package qemu

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
)

// pressAgain is how long after the power button it is pressed once more: a guest may miss one while it is busy.
const pressAgain = 15 * time.Second

// stepPowerOff ends the guest in good order. It presses the power button instead of logging in: after a deprovision
// nobody can.
type stepPowerOff struct{ *vm }

func (s *stepPowerOff) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	s.shutdown.begin("")
	began := time.Now()
	err := s.powerOff(ctx)
	s.shutdownTime = time.Since(began)
	s.finished = err == nil
	if s.finished {
		_, text := s.guestTime()
		s.ui.Say(text)
	}
	s.endPhase(&s.shutdown, err)
	return end(state, err)
}

func (*stepPowerOff) Cleanup(multistep.StateBag) {}

// errStillOn is why the wait for the guest ends when shutdown_timeout is over.
var errStillOn = errors.New("the guest is still on")

func (s *stepPowerOff) powerOff(ctx context.Context) error {
	s.expected.Store(true)
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.ShutdownTimeout, errStillOn)
	defer cancel()
	err := s.pressUntilOff(ctx)
	if errors.Is(err, errStillOn) {
		s.process.stop(s.monitor.quit)
		return fmt.Errorf("the guest did not power off within %s and was cut off, so its disk may be incomplete"+
			"\n  fix:  set shutdown_timeout higher, or see the console for what holds it up%s",
			s.config.ShutdownTimeout, s.console.lastLines())
	}
	return err
}

// pressUntilOff returns when QEMU has ended; an end not in good order is an error.
func (s *stepPowerOff) pressUntilOff(ctx context.Context) error {
	again := time.NewTicker(pressAgain)
	defer again.Stop()
	for {
		if err := s.monitor.powerButton(ctx); err != nil && !s.process.within(endGrace) {
			return err // else QEMU ended while it was told, and only how it ended counts
		}
		select {
		case <-s.process.done:
			if s.process.result != nil {
				return s.process.endError()
			}
			return nil
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
