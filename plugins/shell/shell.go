// Package shell is the provisioner that runs a script on the build VM: Packer's own, as HashiCorp wrote it, so that a script
// meets exactly what it meets under Packer: the remote path, chmod, the environment, retries while a guest comes back.
//
// It links provisioner/shell of github.com/hashicorp/packer at v1.9.4, and Ingot links nothing of that module but such components.
// That version is the last one under MPL-2.0: from 1.10 on the module is under BUSL-1.1, which this program cannot carry. The pin in
// go.mod must therefore never move up.
package shell

import (
	"slices"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer/provisioner/shell"
)

// serviceBuilder is what the service's scripts find in PACKER_BUILDER_TYPE and PACKER_BUILD_NAME.
const serviceBuilder = "azure-arm"

// New returns a shell provisioner that is not yet prepared.
func New() packersdk.Provisioner { return &provisioner{} }

type provisioner struct{ shell.Provisioner }

// Prepare configures the provisioner as Packer does, with two differences. The environment variables that tell a script who
// builds it hold what they hold in the service, so that a script which looks at them goes the same way here; an "env" or
// "environment_vars" of the Packer template still wins. And scripts without Windows line ends are copied as they are; see asIs.
func (p *provisioner) Prepare(raws ...any) error {
	ours := map[string]any{
		"packer_builder_type": serviceBuilder,
		"packer_build_name":   serviceBuilder,
	}
	plain, err := asIs(scripts(raws))
	if err != nil {
		return err
	}
	if plain {
		ours["binary"] = true
	}
	return p.Provisioner.Prepare(slices.Concat(raws, []any{ours})...)
}
