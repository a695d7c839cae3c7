package qemu

import (
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/zclconf/go-cty/cty"
)

// FlatConfig is Config as HCL sees it: one optional attribute for each key. It is written by hand, since the generator
// would add the communicator's eighty; a test compares it with Config.
type FlatConfig struct {
	SourceDisk      *string `cty:"source_disk" hcl:"source_disk"`
	SourceFormat    *string `cty:"source_format" hcl:"source_format"`
	OutputDirectory *string `cty:"output_directory" hcl:"output_directory"`
	DiskSize        *string `cty:"disk_size" hcl:"disk_size"`
	VMName          *string `cty:"vm_name" hcl:"vm_name"`
	CPUs            *int    `cty:"cpus" hcl:"cpus"`
	Memory          *int    `cty:"memory" hcl:"memory"`
	Accelerator     *string `cty:"accelerator" hcl:"accelerator"`
	Firmware        *string `cty:"firmware" hcl:"firmware"`
	SSHUsername     *string `cty:"ssh_username" hcl:"ssh_username"`
	SSHTimeout      *string `cty:"ssh_timeout" hcl:"ssh_timeout"`
	ShutdownTimeout *string `cty:"shutdown_timeout" hcl:"shutdown_timeout"`
}

// FlatMapstructure returns a new FlatConfig. The result's type is spelled as the SDK looks it up.
func (*Config) FlatMapstructure() interface{ HCL2Spec() map[string]hcldec.Spec } {
	return new(FlatConfig)
}

// HCL2Spec tells HCL which attributes a source block may have. Everything is optional here: Prepare names what is
// missing, all of it at once.
func (*FlatConfig) HCL2Spec() map[string]hcldec.Spec {
	spec := map[string]hcldec.Spec{}
	for name, t := range map[string]cty.Type{
		"source_disk": cty.String, "source_format": cty.String,
		"output_directory": cty.String, "disk_size": cty.String,
		"vm_name": cty.String, "cpus": cty.Number, "memory": cty.Number,
		"accelerator": cty.String, "firmware": cty.String,
		"ssh_username": cty.String, "ssh_timeout": cty.String, "shutdown_timeout": cty.String,
	} {
		spec[name] = &hcldec.AttrSpec{Name: name, Type: t}
	}
	return spec
}
