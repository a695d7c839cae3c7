package pluginhost

import (
	"context"
	"slices"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// provisioner is a provisioner in a plugin. Its communicator is served to it over the same connection.
type provisioner struct{ *component }

func (p *provisioner) far() packersdk.Provisioner { return p.remote.(packersdk.Provisioner) }

// Prepare implements packersdk.Provisioner.
func (p *provisioner) Prepare(configs ...any) error {
	if err := p.Start(); err != nil {
		return err
	}
	configs = slices.Clone(configs)
	return tell(p.component, p.host.ctx, "Prepare", bounds{limit: p.host.opts.Limits.Prepare}, func() error {
		return p.far().Prepare(configs...)
	})
}

// Provision implements packersdk.Provisioner.
func (p *provisioner) Provision(
	ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, generated map[string]any,
) error {
	if err := p.Start(); err != nil {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return tell(p.component, ctx, "the provisioning", bounds{grace: p.host.opts.Limits.Cancel}, func() error {
		return p.far().Provision(ctx, ui, comm, generated)
	})
}
