// Package windowsrestart is the provisioner that restarts a Windows build VM and waits until it can be worked on again: Packer's
// own, as HashiCorp wrote it.
//
// It links provisioner/windows-restart of github.com/hashicorp/packer at v1.9.4, the last version under MPL-2.0; see package shell
// for why the pin must not move up.
package windowsrestart

import (
	"context"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	restart "github.com/hashicorp/packer/provisioner/windows-restart"
)

// New returns a windows-restart provisioner that is not yet prepared.
func New() packersdk.Provisioner { return &provisioner{} }

type provisioner struct{ restart.Provisioner }

// Provision restarts the build VM. Two things are done for Packer's code: when the time for the restart is over, it leaves behind what
// still looks for the guest, which here ends with the step; and over WinRM it waits for a command without a look at ctx, so it is left
// behind itself when ctx ends, until the connection does.
func (p *provisioner) Provision(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, data map[string]any) error {
	looking, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- p.Provisioner.Provision(looking, ui, comm, data) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
