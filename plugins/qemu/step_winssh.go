package qemu

import (
	"context"
	"fmt"
	"net"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// stepReadyWindowsSSH waits until a guest with Windows can be worked on by SSH.
type stepReadyWindowsSSH struct{ *vm }

func (s *stepReadyWindowsSSH) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	var greeted net.Conn // answered, and not yet logged in on
	var comm packersdk.Communicator
	checks := append(s.firstChecks(), []check{
		{
			what: "sshd answers on the forwarded port",
			hint: fmt.Sprintf(windowsSilent, "the service sshd (OpenSSH) starts by itself, and the firewall lets port 22 in"),
			probe: func(ctx context.Context) (err error) {
				greeted, err = dialBanner(ctx, s.address())
				return err
			},
		},
		{
			what: fmt.Sprintf("user %q can log in", s.config.SSHUsername),
			hint: "the base disk has to bring that user with that password, and sshd_config PasswordAuthentication yes",
			probe: func(probeCtx context.Context) (err error) {
				comm, err = s.login(probeCtx, ctx, state, greeted)
				return err
			},
		},
		s.powerShellCheck(&comm),
	}...)
	if err := s.whenReady(ctx, s.config.SSHTimeout, checks); err != nil {
		return end(state, err)
	}
	state.Put("communicator", metered{comm, &s.steps})
	return multistep.ActionContinue
}

func (*stepReadyWindowsSSH) Cleanup(multistep.StateBag) {}
