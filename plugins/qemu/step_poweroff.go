package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// pressAgain is how long after the power button it is pressed once more: a guest may miss one while it is busy.
const pressAgain = 15 * time.Second

// stepPowerOff ends the guest in good order. It presses the power button instead of logging in: after a deprovision
// nobody can. Windows is told, for there the user stays, and the button may be set to do something else; it is pressed as well,
// when that had no effect.
type stepPowerOff struct{ *vm }

func (s *stepPowerOff) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	s.shutdown.Begin("")
	began := time.Now()
	err := s.powerOff(ctx, state)
	s.times.Shutdown = time.Since(began)
	s.finished = err == nil
	if s.finished {
		_, text := s.times.Total()
		s.ui.Say(text)
	}
	s.endPhase(&s.shutdown, err)
	return machine.End(state, err)
}

func (*stepPowerOff) Cleanup(multistep.StateBag) {}

// errStillOn is why the wait for the guest ends when shutdown_timeout is over.
var errStillOn = errors.New("the guest is still on")

func (s *stepPowerOff) powerOff(ctx context.Context, state multistep.StateBag) error {
	s.expected.Store(true)
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.ShutdownTimeout, errStillOn)
	defer cancel()
	if comm, ok := state.Get("communicator").(packersdk.Communicator); ok && s.config.windows() {
		s.tell(ctx, comm)
	}
	err := s.pressUntilOff(ctx)
	if errors.Is(err, errStillOn) {
		s.process.Stop(s.monitor.Quit)
		return fmt.Errorf("the guest did not power off within %s and was cut off, so its disk may be incomplete"+
			"\n  fix:  set shutdown_timeout higher, or see the console for what holds it up%s",
			s.config.ShutdownTimeout, s.console.LastLines())
	}
	return err
}

// windowsShutdown ends sessions without asking, and gives WinRM the moment to say that it was told.
const windowsShutdown = `shutdown /s /f /t 2 /d p:4:1 /c "the image is done"`

// tell orders Windows to power off, and waits a while for that. Whatever comes of it, the button is there.
func (s *stepPowerOff) tell(ctx context.Context, comm packersdk.Communicator) {
	cmd := &packersdk.RemoteCmd{Command: windowsShutdown, Stdout: io.Discard, Stderr: io.Discard}
	told := make(chan bool, 1)
	go func() { // a connection that hangs ends with QEMU
		told <- comm.Start(ctx, cmd) == nil && cmd.Wait() == 0
	}()
	timer := time.NewTimer(pressAgain)
	defer timer.Stop()
	for {
		select {
		case ok := <-told:
			if !ok {
				return
			}
			told = nil
		case <-s.process.Done():
			return
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// pressUntilOff returns when QEMU has ended; an end not in good order is an error.
func (s *stepPowerOff) pressUntilOff(ctx context.Context) error {
	again := time.NewTicker(pressAgain)
	defer again.Stop()
	for {
		if s.process.Ended() { // before the button was pressed
			return s.howItEnded()
		}
		if err := s.monitor.powerButton(ctx); err != nil && !s.process.Within(endGrace) {
			return err // else QEMU ended while it was told, and only how it ended counts
		}
		select {
		case <-s.process.Done():
			return s.howItEnded()
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// howItEnded is nil when QEMU ended in good order.
func (s *stepPowerOff) howItEnded() error {
	if s.process.Result() != nil {
		return s.process.EndError()
	}
	return nil
}
