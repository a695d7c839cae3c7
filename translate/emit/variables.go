package emit

import (
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// A variable is something about the host that builds, not about the image.
type variable struct {
	name, typ, description string
	standard               cty.Value // cty.NilVal: must be given
}

// variables are the builder's settings that differ from host to host, in the order they are shown.
var variables = []variable{
	{"source_disk", "string", "Path of the read-only disk that the build VM starts from.", cty.NilVal},
	{"source_format", "string", "Format of that disk: qcow2, raw or vpc.", cty.StringVal("qcow2")},
	{"output_directory", "string", "Folder for the build VM's own disk, seed, console log and sockets.", cty.StringVal("output")},
	{"vm_name", "string", "Name of the build VM; a process left behind is found by it.", cty.StringVal("ingot")},
	{"cpus", "number", "Virtual processors of the build VM.", cty.NumberIntVal(2)},
	{"memory", "number", "Memory of the build VM, in MiB.", cty.NumberIntVal(1024)},
	{"accelerator", "string", "What runs guest code: kvm, tcg (software emulation), or auto for the best that works.",
		cty.StringVal("auto")},
	{"firmware", "string", "What the build VM boots by: bios or uefi.", cty.StringVal("bios")},
	// The service waits as long for SSH.
	{"boot_timeout", "string", "Longest time from power-on until customizers can run.", cty.StringVal("20m")},
	// Longer than systemd's 90 s for a unit that will not stop.
	{"shutdown_timeout", "string", "Longest time from the power button until the build VM is off.", cty.StringVal("5m")},
}

// variablesFile is variables.pkr.hcl.
func variablesFile() []byte {
	f := hclwrite.NewEmptyFile()
	root := block{f.Body()}
	root.comment("What depends on the host that builds. `packer build -var NAME=VALUE .` sets them; Ingot does so for each run.")
	for _, v := range variables {
		root.AppendNewline()
		b := root.block("variable", v.name)
		b.ref("type", v.typ)
		b.str("description", v.description)
		if v.standard != cty.NilVal {
			b.SetAttributeValue("default", v.standard)
		}
	}
	return hclwrite.Format(f.Bytes())
}
