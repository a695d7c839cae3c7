package qemu

import (
	"context"
	"fmt"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// stepReadyWindowsSSH waits until a guest with Windows can be worked on by SSH.
type stepReadyWindowsSSH struct{ *vm }

func (s *stepReadyWindowsSSH) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	var comm packersdk.Communicator
	checks := append(s.firstChecks(), s.sshChecks(ctx, state, &comm,
		fmt.Sprintf(windowsSilent, "the service sshd (OpenSSH) starts by itself, and the firewall lets port 22 in"),
		"the base disk has to bring that user with that password, and sshd_config PasswordAuthentication yes")...)
	checks = append(checks, s.powerShellCheck(&comm))
	if err := s.whenReady(ctx, s.config.SSHTimeout, checks); err != nil {
		return machine.End(state, err)
	}
	state.Put("communicator", s.metered(comm))
	return multistep.ActionContinue
}

func (*stepReadyWindowsSSH) Cleanup(multistep.StateBag) {}
