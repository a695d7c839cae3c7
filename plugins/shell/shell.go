// Package shell is the provisioner that runs a script on the build VM: Packer's own, as HashiCorp wrote it, so that a script
// meets exactly what it meets under Packer: the remote path, chmod, the environment, retries while a guest comes back.
//
// It links provisioner/shell of github.com/hashicorp/packer at v1.9.4, and Ingot links nothing of that module but such components.
// That version is the last one under MPL-2.0: from 1.10 on the module is under BUSL-1.1, which this program cannot carry. The pin in
// go.mod must therefore never move up.
package shell

import (
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer/provisioner/shell"
)

// New returns a shell provisioner that is not yet prepared.
func New() packersdk.Provisioner { return &provisioner{} }

type provisioner struct{ shell.Provisioner }

// Prepare configures the provisioner as Packer 1.16 does; see ownInterpreter. Scripts without Windows line ends are copied as they
// are; see asIs.
func (p *provisioner) Prepare(raws ...any) error {
	raws = ownInterpreter(raws)
	plain, err := asIs(scripts(raws))
	if err != nil {
		return err
	}
	if plain {
		raws = append(raws, map[string]any{"binary": true})
	}
	return p.Provisioner.Prepare(raws...)
}
