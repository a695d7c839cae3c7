package emit

import (
	"fmt"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/plan"
)

// The builder, and the one source made with it.
const (
	builder    = "ingot-qemu"
	sourceName = "image"
)

// BuildUser is who customizers run as on a Linux build VM: unprivileged, with passwordless sudo, as in the service.
const BuildUser = "packer"

// rootCommand runs a shell step as root. Vars are NAME='value' words for a shell, so env carries them through sudo, which would
// drop them. -n: rather fail than wait for a password that nobody types.
const rootCommand = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"

// imageFile is image.pkr.hcl.
func imageFile(p *plan.Plan) []byte {
	f := hclwrite.NewEmptyFile()
	root := block{f.Body()}
	root.comment("Made by Ingot from an image template; comments name the part of it that each block comes from.")
	root.AppendNewline()
	root.block("packer").str("required_version", ">= 1.9.0")
	root.AppendNewline()

	root.comment(p.Source.Origin.Path)
	source := root.block("source", builder, sourceName)
	for _, name := range []string{"source_disk", "source_format", "output_directory"} {
		source.ref(name, "var", name)
	}
	if p.OSDiskSizeGB > 0 {
		source.comment("properties.vmProfile.osDiskSizeGB")
		source.str("disk_size", fmt.Sprintf("%dG", p.OSDiskSizeGB))
	}
	for _, name := range []string{"vm_name", "cpus", "memory", "accelerator", "firmware"} {
		source.ref(name, "var", name)
	}
	source.str("ssh_username", BuildUser)
	source.ref("ssh_timeout", "var", "boot_timeout")
	source.ref("shutdown_timeout", "var", "shutdown_timeout")
	root.AppendNewline()

	build := root.block("build")
	if p.Name != "" {
		build.str("name", p.Name)
	}
	build.SetAttributeValue("sources", cty.ListVal([]cty.Value{cty.StringVal("source." + builder + "." + sourceName)}))
	for _, s := range p.Steps {
		build.AppendNewline()
		build.comment(origin(s))
		provisioner(build, s)
	}
	return hclwrite.Format(f.Bytes())
}

// origin says where a step comes from.
func origin(s plan.Step) string {
	switch {
	case s.Origin.Path != "":
		return s.Origin.Path
	case s.ID == "prepare":
		return "hidden first step: the deprovisioning script, before any customizer can replace it"
	case s.ID == "generalize":
		return "hidden last step: prints the deprovisioning script and runs it"
	default:
		return s.ID
	}
}

// provisioner adds the one block of a step.
func provisioner(build block, s plan.Step) {
	switch {
	case s.Shell != nil:
		b := build.block("provisioner", "shell")
		b.str("name", label(s))
		b.file("script", s.Shell.Script.FileName)
		if s.Shell.AsRoot {
			b.str("execute_command", rootCommand)
		}
		if s.Shell.LastWord {
			b.yes("expect_disconnect")
			b.yes("skip_clean")
		}
	case s.File != nil:
		b := build.block("provisioner", "file")
		b.str("name", label(s))
		b.file("source", s.File.Content.FileName)
		b.str("destination", s.File.Destination)
	default:
		panic(fmt.Sprintf("emit: step %s is neither shell nor file", s.ID))
	}
}

// label is the name Packer shows for a step: the user's, or the step's id.
func label(s plan.Step) string {
	if s.Name != "" {
		return s.Name
	}
	return s.ID
}
