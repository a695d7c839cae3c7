package emit

import (
	"errors"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// nspawn builds in a container of systemd-nspawn over the disk of the image, with Ingot's own builder. The machine is no virtual one:
// it has the kernel of the host. Its steps and its disk are those of the target qemu.
type nspawn struct{ here }

func newNspawn(j job, o Options) (target, error) {
	if j.windows() {
		return nil, errors.New("the target nspawn runs on the kernel of the host, which is Linux, and the image has Windows")
	}
	h, err := newHere(Nspawn, j, o)
	return nspawn{h}, err
}

func (nspawn) builder() string { return "ingot-nspawn" }

func (n nspawn) source(b block) {
	n.disk(b)
	refs(b, "vm_name", "cpus", "memory", "firmware")
	n.ssh(b)
	n.around(b)
}

func (n nspawn) variables() []variable {
	return slices.Concat(n.diskVariables(), []variable{
		{name: "cpus", typ: "number", description: "Processors of the host that the container may use.", standard: cty.NumberIntVal(2)},
		{name: "memory", typ: "number", description: "Memory that the container may use, in MiB.", standard: cty.NumberIntVal(1024)},
		{name: "firmware", typ: "string", standard: cty.StringVal("bios"),
			description: "What a virtual machine with this disk boots by: bios or uefi. The container boots by none."},
		// A container is up in a second; cloud-init has the rest, on a host that is busy.
	}, n.timeouts("5m", "5m"), n.aroundVariables())
}

func (n nspawn) readme() usage {
	return n.usage("Packer runs as root on the host that is to run the build VM. That is a container of systemd-nspawn here, over the disk " +
		"of the image and with the kernel of the host: beside systemd-nspawn it needs QEMU's qemu-storage-daemon, FUSE, and slirp4netns.")
}
