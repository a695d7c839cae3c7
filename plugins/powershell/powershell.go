// Package powershell is the provisioner that runs a script on a Windows build VM: Packer's own, as HashiCorp wrote it, so that a
// script meets exactly what it meets under Packer: the remote path, the file of environment variables, the scheduled task of an
// elevated one.
//
// It links provisioner/powershell of github.com/hashicorp/packer at v1.9.4, the last version under MPL-2.0; see package shell for
// why the pin must not move up.
package powershell

import (
	"context"
	"maps"
	"slices"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer/provisioner/powershell"
)

// New returns a powershell provisioner that is not yet prepared.
func New() packersdk.Provisioner { return &provisioner{} }

type provisioner struct{ powershell.Provisioner }

// Prepare configures the provisioner as Packer does, and as 1.16 does where that differs from the version linked; see inline.
func (p *provisioner) Prepare(raws ...any) error {
	framed, err := inline(raws)
	if err != nil {
		return err
	}
	return p.Provisioner.Prepare(slices.Concat(raws, []any{framed})...)
}

// Provision runs the scripts. Packer's code writes into the data it is given, and waits for a guest that does not answer
// without a look at ctx, for minutes: so it gets a copy, and is left behind when ctx ends. It ends by itself with its next
// attempt, at the latest when start_retry_timeout is over; until then it has nothing but the connection, which the builder
// closes.
func (p *provisioner) Provision(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, data map[string]any) error {
	own := map[string]any{}
	maps.Copy(own, data)
	done := make(chan error, 1)
	go func() { done <- p.Provisioner.Provision(ctx, ui, comm, own) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
