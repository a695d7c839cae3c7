package qemu

import (
	"context"

	"github.com/hashicorp/packer-plugin-sdk/multistep"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
)

// stepUnattend writes the answers for the first boot of a generalized Windows. They hold the build user's password, so the disk is
// readable for nobody else, and gone when the build is over.
type stepUnattend struct{ *vm }

func (s *stepUnattend) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	c := s.config
	orders := seed.Unattend{User: c.WinRMUsername, Password: c.WinRMPassword, Port: c.WinRMPort, Basic: !c.WinRMUseNTLM}
	return machine.End(state, seed.WriteWindows(s.file(machine.SeedFile), orders.Files()))
}

func (s *stepUnattend) Cleanup(multistep.StateBag) { s.remove(machine.SeedFile) }
