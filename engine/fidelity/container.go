package fidelity

import (
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// What is in this file holds where steps run in a container of this machine (--on fast). It is told beside the rest: a VM on this
// machine is not the service's, and a container is no VM.

func hostKernel(f Facts) []Difference {
	if !f.Container {
		return nil
	}
	return one(Difference{
		What: "the kernel is this machine's; in the service it is the image's own",
		Why: "uname -r, /proc/cmdline and the modules that are loaded are those of the host, and its log (dmesg) is not shown: what is " +
			"compiled for the kernel that runs is for another one",
	})
}

func notBooted(f Facts) []Difference {
	if !f.Container || f.Booted {
		return nil
	}
	return one(Difference{
		What: "firmware, boot loader, initramfs and kernel of the image were not tried; in the service the build VM boots by them",
		Why:  "a container begins with systemd; --on local, or a validator in a VM, finds out whether the image boots",
	})
}

func kernelParameters(f Facts) []Difference {
	if !f.Container {
		return nil
	}
	return one(Difference{
		What: "kernel parameters are this machine's, and cannot be set; in the service /etc/sysctl.d and /etc/modules-load.d hold",
		Why:  "/proc/sys and /sys are the host's; the files are in the image, and hold when that boots",
	})
}

func hostSize(f Facts) []Difference {
	if !f.Container {
		return nil
	}
	return one(Difference{
		What: "/proc/meminfo, /proc/cpuinfo and /proc/swaps are of this machine; in the service they are of the build VM's size",
		Why: "--cpus and --memory bound what the container uses, and not what it is shown: programs that size themselves by that do so for " +
			"another machine",
	})
}

func skippedUnits(f Facts) []Difference {
	if !f.Container {
		return nil
	}
	return one(Difference{
		What: "units for machines alone do not start: udev, time synchronisation, loading of modules; in the service they do",
		Why:  "they say ConditionVirtualization=!container, or ask for a right that no container has; enabling them is the same",
	})
}

// noDevices and seededByFolder are of a container what devices and provisioning tell of a VM.
var (
	noDevices = Difference{
		What: "there is no disk, and the network card is none; in Azure both are Hyper-V's (/dev/sda, eth0)",
		Why:  "a container is shown file systems rather than disks, and one end of a tunnel; file systems of /etc/fstab are there, swap is not",
	}
	seededByFolder = Difference{
		What: "the first boot is set up by cloud-init from a folder (NoCloud); in Azure from the fabric, by cloud-init or the Azure Linux Agent",
		Why:  "its data source is named on the command line of systemd, since there is no kernel's; and no extension ever runs",
	}
)

// OfContainers reports whether differences of a kind are only there where steps run in a container.
func OfContainers(k Kind) bool {
	return slices.ContainsFunc(ofContainers, func(r rule) bool { return r.kind == k }) || slices.Contains(kernelbound.Kinds(), string(k))
}

// Unmarked are those of a list that are of no step's marks.
func Unmarked(list []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(list), func(d Difference) bool { return slices.Contains(kernelbound.Kinds(), string(d.Kind)) })
}

// marked are the differences for the marks of one kind.
func (f Facts) marked(kind string) []Difference {
	var found []Difference
	for _, m := range f.Marks {
		if m.Kind != kind {
			continue
		}
		d := Difference{
			What: fmt.Sprintf("%s: in a container; in the service in a VM with a kernel of its own", m.Command),
			Why:  m.Why,
			Step: m.Step,
		}.about(m.Origin)
		if m.Line > 0 {
			d.Range.File, d.Range.Start.Line, d.Range.Start.Column = m.File, m.Line, m.Column
		}
		found = append(found, d)
	}
	return found
}
