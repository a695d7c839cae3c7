package nspawn

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"

	"github.com/ingot-build/ingot/plugins/machine"
)

// stepPowerOff takes the guest down in good order. Its init is told instead of logging in: after a deprovision nobody can.
type stepPowerOff struct{ *guest }

func (s *stepPowerOff) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	s.shutdown.Begin("")
	began := time.Now()
	err := s.powerOff(ctx)
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

func (s *stepPowerOff) powerOff(ctx context.Context) error {
	s.expected.Store(true)
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.ShutdownTimeout, fmt.Errorf("shutdown_timeout is %s", s.config.ShutdownTimeout))
	defer cancel()
	s.monitor.Close() // before its other end goes
	if err := s.container.PowerOff(ctx); err != nil {
		_ = s.console.Read() // what cannot be read is told by who follows it
		return fmt.Errorf("%w%s", err, s.console.LastLines())
	}
	return nil
}
