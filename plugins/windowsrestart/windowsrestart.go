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

// Provision restarts the build VM. When the time for that is over, Packer's code leaves behind what still looks for the guest; here it
// ends with the step.
func (p *provisioner) Provision(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, data map[string]any) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return p.Provisioner.Provision(ctx, ui, comm, data)
}
