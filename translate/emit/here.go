package emit

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

// here is what Ingot's own builders have in common, which make a machine on the host that Packer runs on.
type here struct {
	job
	metadata bool // somebody answers the build VM at 169.254.169.254
}

// MetadataVar is the variable, and the field of the builders, that Options.Metadata is about.
const MetadataVar = "metadata_relay"

// newHere refuses what no builder of these has a form for.
func newHere(name string, j job, o Options) (here, error) {
	h := here{j, o.Metadata}
	switch {
	case o.PluginVersion != "":
		return h, fmt.Errorf("the target %s has no versions of a plugin to choose from", name)
	case o.Standalone:
		return h, fmt.Errorf("the builder of the target %s leaves a disk, and cannot distribute it by itself", name)
	case len(j.plan.DataDisksGB) > 0 && !j.validates:
		return h, fmt.Errorf("the builder of the target %s makes an image of the OS disk only, and the plan has data disks", name)
	}
	return h, nil
}

// plugins: Ingot has these builders linked in, and plain Packer gets them from its own plugin.
func (here) plugins() []plugin {
	return []plugin{{name: "ingot", source: "github.com/ingot-build/ingot", version: ">= 0.1.0", local: true}}
}

// disk says what the machine starts from, and where its own files go.
func (h here) disk(b block) {
	refs(b, "source_disk", "source_format", "output_directory")
	if size := h.plan.OSDiskSizeGB; size > 0 && !h.ofResult {
		b.comment("properties.vmProfile.osDiskSizeGB")
		b.str("disk_size", fmt.Sprintf("%dG", size))
	}
}

// ssh is the way into a machine of Linux.
func (here) ssh(b block) {
	b.str("ssh_username", BuildUser)
	b.ref("ssh_timeout", "var", "boot_timeout")
}

// refs sets fields to the variables of their names.
func refs(b block, names ...string) {
	for _, name := range names {
		b.ref(name, "var", name)
	}
}

// around is what Ingot gives a machine beside its disk, and how it ends.
func (h here) around(b block) {
	for _, v := range h.aroundVariables() {
		refs(b, v.name)
	}
	refs(b, "shutdown_timeout")
}

// diskVariables are those of disk, and the machine's name.
func (here) diskVariables() []variable {
	return []variable{
		{name: "source_disk", typ: "string", description: "Path of the read-only disk that the build VM starts from."},
		{name: "source_format", typ: "string", description: "Format of that disk: qcow2, raw or vpc.", standard: cty.StringVal("qcow2")},
		{name: "output_directory", typ: "string", description: "Folder for the build VM's own disk, seed, console log and sockets.",
			standard: cty.StringVal("output")},
		{name: "vm_name", typ: "string", description: "Name of the build VM; a process left behind is found by it.",
			standard: cty.StringVal("ingot")},
	}
}

// aroundVariables are those of around that have to do with Ingot.
func (h here) aroundVariables() []variable {
	var all []variable
	if h.goesOn() {
		all = append(all,
			variable{name: "layer", typ: "string", standard: cty.StringVal(""),
				description: "Folder of a build VM that Ingot kept before a step, to go on from; empty: start from source_disk."},
			variable{name: "ssh_private_key", typ: "string", standard: cty.StringVal(""), sensitive: true,
				description: "SSH key that the build VM in the layer knows."})
	}
	if h.metadata {
		all = append(all, variable{name: MetadataVar, typ: "string", standard: cty.StringVal(""),
			description: "Command that carries a connection of the build VM to 169.254.169.254, port 80, to a metadata service."})
	}
	return all
}

// timeouts are the variables that bound the start and the end of a machine.
func (here) timeouts(boot, shutdown string) []variable {
	return []variable{
		{name: "boot_timeout", typ: "string", description: "Longest time from power-on until customizers can run.", standard: cty.StringVal(boot)},
		{name: "shutdown_timeout", typ: "string", description: "Longest time from the power button until the build VM is off.",
			standard: cty.StringVal(shutdown)},
	}
}

// goesOn reports whether the build VM can go on from a machine that was frozen before: only a build is worth it, and Windows cannot.
func (h here) goesOn() bool { return !h.windows() && !h.validates }

// lost is nothing: what only has a meaning in Azure has none here, with Packer or without.
func (here) lost() []Loss { return nil }

// usage says what has to be there beside the host's own programs, and what comes out.
func (h here) usage(host string) usage {
	u := usage{
		before: []string{host + " The builder is in Ingot's own plugin, which is a " +
			"program beside `ingot`:\n\n```bash\npacker plugins install --path packer-plugin-ingot github.com/ingot-build/ingot\n```",
			"`source_disk` is the disk that " + sourceText(h.plan) + " stands for: `ingot image ls` lists those of Ingot, and " +
				"`ingot image path NAME` says where one is."},
		vars:   []string{"source_disk=/path/to/disk.qcow2"},
		result: "The result is the disk `output/disk.qcow2`, which lies over the disk it was started from and needs it.",
	}
	switch {
	case h.ofResult:
		u.before = []string{"The disk that the build left is started once more, and stays as it is: what the validators change " +
			"goes into a disk of their own."}
		u.vars = []string{"source_disk=output/disk.qcow2", "output_directory=validation"}
		u.result = "The validation is done when all steps have ended without an error. The folder `validation` can go then."
	case h.validates:
		u.result = "The validation is done when all steps have ended without an error. The folder `output` can go then."
	}
	return u
}
