package standing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"

	"github.com/ingot-build/ingot/plugins/wsman"
)

// stepWinRM connects by WinRM, with the communicator of package wsman. It stands in for a step of the SDK, which would wait for a
// first boot.
type stepWinRM struct {
	config *Config
	note   func(string)
}

// pause is the time between two attempts: a machine that was just restarted takes minutes.
const pause = 2 * time.Second

func (s *stepWinRM) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	c := s.config.comm.WinRM
	ctx, cancel := context.WithTimeoutCause(ctx, c.WinRMTimeout, fmt.Errorf("no answer by WinRM within %s", c.WinRMTimeout))
	defer cancel()
	for {
		comm, err := s.connect(ctx)
		if err == nil {
			state.Put("communicator", comm)
			state.Put("communicator_config", &s.config.comm)
			return multistep.ActionContinue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			state.Put("error", errors.Join(context.Cause(ctx), err))
			return multistep.ActionHalt
		}
	}
}

// connect makes one attempt. It cannot be cancelled; one that is left behind ends by itself.
func (s *stepWinRM) connect(ctx context.Context) (*wsman.Communicator, error) {
	c := s.config.comm.WinRM
	type result struct {
		comm *wsman.Communicator
		err  error
	}
	done := make(chan result, 1)
	go func() {
		comm, err := wsman.New(&winrm.Config{
			Host: c.WinRMHost, Port: c.WinRMPort, Username: c.WinRMUser, Password: c.WinRMPassword, Timeout: c.WinRMTimeout,
			Https: c.WinRMUseSSL, Insecure: c.WinRMInsecure, TransportDecorator: c.WinRMTransportDecorator,
		}, s.note)
		done <- result{comm, err}
	}()
	select {
	case r := <-done:
		return r.comm, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (*stepWinRM) Cleanup(multistep.StateBag) {}
