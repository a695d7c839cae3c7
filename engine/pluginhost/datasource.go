package pluginhost

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"
)

// dataSource is a data source in a plugin.
type dataSource struct{ *component }

func (d *dataSource) far() packersdk.Datasource { return d.remote.(packersdk.Datasource) }

// Configure implements packersdk.Datasource.
func (d *dataSource) Configure(configs ...any) error {
	if err := d.Start(); err != nil {
		return err
	}
	configs = slices.Clone(configs)
	return tell(d.component, d.host.ctx, "Configure", bounds{limit: d.host.opts.Limits.Prepare}, func() error {
		return d.far().Configure(configs...)
	})
}

// OutputSpec implements packersdk.Datasource. As with ConfigSpec, the interface has no error, so it panics with one.
func (d *dataSource) OutputSpec() (spec hcldec.ObjectSpec) {
	err := d.Start()
	if err == nil {
		limit := bounds{limit: d.host.opts.Limits.Answer}
		spec, err = ask(d.component, d.host.ctx, "OutputSpec", limit, func() (hcldec.ObjectSpec, error) {
			return d.far().OutputSpec(), nil
		})
	}
	if err != nil {
		panic(err)
	}
	return spec
}

// Execute implements packersdk.Datasource.
func (d *dataSource) Execute() (cty.Value, error) {
	if err := d.Start(); err != nil {
		return cty.NilVal, err
	}
	return ask(d.component, d.host.ctx, "Execute", bounds{limit: d.host.opts.Limits.Execute}, d.far().Execute)
}
