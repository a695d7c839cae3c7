package fidelity

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/translate/plan"
)

func vmSize(f Facts) []Difference {
	want, m := f.serviceSize(), f.Machine
	if m.CPUs == 0 || m.CPUs == want.cpus && float64(m.MemoryMiB) == want.memoryGiB*1024 {
		return nil
	}
	there := want.name
	if want.cpus > 0 {
		there = fmt.Sprintf("%s with %s and %s GiB", want.name, cpus(want.cpus), strconv.FormatFloat(want.memoryGiB, 'f', -1, 64))
	}
	why := "the template names that size; here --cpus and --memory say, or what this machine has to give"
	if f.Plan.Azure.VMSize == "" {
		why = "the template names no vmSize, and that is the service's own choice; here --cpus and --memory say, or what this machine has"
	}
	return one(Difference{
		What: fmt.Sprintf("the build VM has %s and %d MiB; the service's is a %s", cpus(m.CPUs), m.MemoryMiB, there), Why: why,
	})
}

func cpus(n int) string {
	if n == 1 {
		return "1 CPU"
	}
	return fmt.Sprintf("%d CPUs", n)
}

func processor(f Facts) []Difference {
	if f.Machine.Accelerator != "tcg" {
		return nil
	}
	return one(Difference{
		What: "the CPU is emulated and has no AVX; every size of Azure's has",
		Why: "without KVM QEMU translates the guest's code: what reads /proc/cpuinfo, compiles for its own CPU or minds the time " +
			"finds another machine",
	})
}

func architecture(f Facts) []Difference {
	arm := f.Plan.Source.Exact != nil && strings.EqualFold(f.Plan.Source.Exact.Architecture, "Arm64")
	if w := f.Plan.Source.PlatformImage; w != nil {
		arm = arm || strings.Contains(strings.ToLower(w.SKU+w.Offer), "arm64")
	}
	if !arm {
		return nil
	}
	return one(Difference{
		What: "the build VM is an x86-64 machine; the source is for Arm64",
		Why:  "build VMs on this machine are of that architecture alone",
	}.about(f.Plan.Source.Origin))
}

func devices(f Facts) []Difference {
	if f.Container {
		return one(noDevices)
	}
	if f.Machine.Firmware == "" {
		return nil
	}
	d := Difference{
		What: "disks and network card are virtio's (/dev/vda, an interface like enp0s2); in Azure they are Hyper-V's (/dev/sda, eth0)",
		Why:  "the build VM runs in QEMU; use /dev/disk/by-uuid and the default route rather than names",
	}
	if f.Plan.OS == plan.Windows {
		d.What = "disks and network card are virtio's; in Azure they are Hyper-V's"
		d.Why = "the build VM runs in QEMU; an image needs the drivers of both"
		if f.Base.Profile.Devices != guest.Virtio {
			d.What = "disk and network card are emulated (AHCI, e1000e); in Azure they are Hyper-V's"
		}
	}
	return one(d)
}

func temporaryDisk(f Facts) []Difference {
	s := f.serviceSize()
	if !s.temporary {
		return nil
	}
	where := "/mnt"
	if f.Plan.OS == plan.Windows {
		where = "D:"
	}
	return one(Difference{
		What: fmt.Sprintf("there is no temporary disk at %s; a %s has one", where, s.name),
		Why:  "the build VM here has the OS disk alone; what is written there never is in the image",
	})
}

func generation(f Facts) []Difference {
	switch {
	case f.Container: // it boots by neither: see notBooted
	case f.Machine.Firmware == guest.BIOS && f.generation2():
		return one(Difference{
			What: "the build VM boots by BIOS; in the service it is of generation 2, which boots by UEFI",
			Why:  "the source is an image of generation 2, and firmware bios is what the base image was started with; see --firmware",
		}.about(f.Plan.Source.Origin))
	case f.Machine.Firmware == guest.UEFI && f.Plan.Source.PlatformImage != nil && !f.generation2():
		return one(Difference{
			What: "the build VM boots by UEFI; in the service it is of generation 1, which boots by BIOS, unless the source is of the other",
			Why:  "the name of the source does not say generation 2",
		}.about(f.Plan.Source.Origin))
	}
	return nil
}

func securityType(f Facts) []Difference {
	kind := ""
	if x := f.Plan.Source.Exact; x != nil {
		kind = x.SecurityType
	}
	has := f.Machine.SecureBoot && f.Machine.TPM
	wants := strings.HasPrefix(kind, "TrustedLaunch") || strings.HasPrefix(kind, "Confidential")
	switch {
	case f.Container && !wants: // secure boot of a disk is of no use to it
	case wants && !has:
		return one(Difference{
			What: fmt.Sprintf("the build VM has no secure boot with a TPM; images of the source's security type, %s, are for VMs with both", kind),
			Why:  "the base disk does not ask for them here",
		}.about(f.Plan.Source.Origin))
	case !wants && (f.Machine.SecureBoot || f.Machine.TPM):
		return one(Difference{
			What: "the build VM has " + secured(f.Machine) + "; the service's has what the security type of the source says",
			Why:  "the base disk asks for it here; in Azure the definition of the source decides, and Standard has neither",
		})
	}
	return nil
}

func secured(m Machine) string {
	switch {
	case m.SecureBoot && m.TPM:
		return "secure boot and a TPM"
	case m.TPM:
		return "a TPM"
	}
	return "secure boot"
}

func dataDisks(f Facts) []Difference {
	n := len(f.Plan.DataDisksGB)
	if n == 0 {
		return nil
	}
	return one(Difference{
		What: fmt.Sprintf("the image has its OS disk alone; %d more of additionalDataDisks are in the service's", n),
		Why:  "build VMs on this machine have one disk",
		Path: "properties.additionalDataDisks",
	})
}

func provisioning(f Facts) []Difference {
	if f.Container {
		return one(seededByFolder)
	}
	if f.Machine.Firmware == "" {
		return nil
	}
	d := Difference{
		What: "the first boot is set up by cloud-init from a disk (NoCloud); in Azure from the fabric, by cloud-init or the Azure Linux Agent",
		Why:  "there is no fabric: extensions do not run, and files such as /var/lib/waagent/ovf-env.xml are not there",
	}
	if f.Plan.OS == plan.Windows {
		d.What = "the first boot is answered from a disk; in Azure by the provisioning agent, and the Windows Guest Agent runs"
		d.Why = "there is no fabric: extensions do not run, and services such as RdAgent are there only if the base image has them"
	}
	return one(d)
}
