package qemu

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/ingot-build/ingot/plugins/machine"
)

// The files of a build, below its output directory, beside those that every machine has. QEMU runs with that directory as its working
// directory, so its arguments name them without a path: no comma to escape, and no socket path over the 107 bytes that Linux allows.
const (
	monitorFile = "qmp.sock"
	pidFile     = "qemu.pid"
	efiVarsFile = "efivars.fd"
	tpmFile     = "tpm.sock"
)

// tcgCPU is what the emulated processor is. qemu64 boots quickest, since the kernel finds few features to patch itself
// for; the four more make it x86-64-v2, below which the C library of the RHEL 9 family refuses to run. Without svm the
// guest does not load a hypervisor of its own.
const tcgCPU = "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,-svm"

// hardware is the build VM as QEMU is to make it.
type hardware struct {
	Name      string
	Board     string // as machineType begins; "" is q35, the newest that this QEMU has
	Incoming  bool   // it waits for memory to be read
	CPUs      int
	MemoryMiB int
	Accel     string // accelKVM or accelTCG, never a list: QEMU would take kvm where it exists and cannot run
	EFICode   string // read-only UEFI code; "" boots by BIOS. Its variables are in efiVarsFile.
	Port      int    // of the guest: the one that can be reached from this host
	Listen    string // where it is reached on this host, as host:port; "" is a free port of 127.0.0.1
	Seed      bool   // seedFile is there: the second disk of a guest with Linux, a CD of one with Windows

	Windows       bool   // see windowsArgs
	Emulated      bool   // devices that every system has drivers for, instead of virtio's
	SecureBoot    bool   // EFICode is one that guards its variables
	TPM           bool   // swtpm listens on tpmFile
	MetadataRelay string // see metadataArgs; "" is none
	ClockUTC      bool   // with Windows, which takes the clock for its local time: that is UTC, and not this host's
}

// args are QEMU's arguments. They depend on m alone.
func (m hardware) args() []string {
	a := []string{
		"-name", m.Name,
		"-nodefaults", "-no-user-config", "-display", "none",
		"-machine", m.machineType(),
	}
	a = append(a, m.accelArgs()...)
	a = append(a, "-smp", strconv.Itoa(m.CPUs), "-m", strconv.Itoa(m.MemoryMiB))
	if m.SecureBoot {
		// Only code in system management mode may write the variables.
		a = append(a, "-global", "driver=cfi.pflash01,property=secure,value=on")
	}
	if m.EFICode != "" {
		a = append(a,
			"-drive", "if=pflash,unit=0,format=raw,readonly=on,file="+m.EFICode,
			"-drive", "if=pflash,unit=1,format=raw,file="+efiVarsFile)
	}
	if m.Windows {
		a = append(a, m.windowsArgs()...)
	} else {
		// cloud-init looks here too, on an image that no longer knows where it may look.
		a = append(a, "-smbios", "type=1,serial=ds=nocloud")
	}
	a = append(a,
		// no-flush: the guest's flushes cost nothing, since a build that dies is thrown away. An orderly end of QEMU
		// writes everything.
		"-blockdev", "driver=file,node-name=disk-file,filename="+machine.DiskFile+",discard=unmap,cache.no-flush=on",
		"-blockdev", "driver=qcow2,node-name="+machine.DiskNode+",file=disk-file,discard=unmap,detect-zeroes=unmap,cache.no-flush=on",
		"-device", m.disk(),
	)
	if m.Seed {
		a = append(a,
			"-blockdev", "driver=file,node-name=seed-file,filename="+machine.SeedFile+",read-only=on",
			"-blockdev", "driver=raw,node-name=seed,file=seed-file,read-only=on",
			"-device", m.seedDrive())
	}
	if m.TPM {
		a = append(a, "-chardev", "socket,id=tpm,path="+tpmFile, "-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm")
	}
	a = append(a,
		// Port 0: the kernel picks a free one when QEMU binds it, and QMP tells which; nobody can take it in between.
		// IPv4 alone, as a build VM on Azure has it: QEMU offers the guest IPv6 also where the host has none.
		"-netdev", fmt.Sprintf("user,id=net,ipv6=off,hostfwd=tcp:%s-:%d", cmp.Or(m.Listen, machine.Loopback+":0"), m.Port),
		"-device", m.networkCard()+",netdev=net,romfile=", // no option ROM: nothing here boots from the network
	)
	if !m.Emulated {
		a = append(a, "-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng")
	}
	if !m.Windows {
		// The guest tells which memory it does not use: that is neither this host's to keep, nor in a layer.
		a = append(a, "-device", "virtio-balloon-pci,free-page-reporting=on")
	}
	a = append(a, m.metadataArgs()...) // last, so that no other device has another place for it
	if m.Incoming {
		a = append(a, "-incoming", "defer")
	}
	return append(a,
		"-chardev", m.consoleChardev(),
		"-serial", "chardev:console",
		"-qmp", "unix:"+monitorFile+",server=on,wait=off",
		"-pidfile", pidFile,
	)
}

func (m hardware) accelArgs() []string {
	switch m.Accel {
	case accelKVM:
		if m.Windows {
			return []string{"-accel", "kvm", "-cpu", windowsKVMCPU}
		}
		return []string{"-accel", "kvm", "-cpu", "host"}
	case accelTCG:
		if m.Windows {
			return []string{"-accel", "tcg,thread=multi,tb-size=256", "-cpu", windowsTCGCPU}
		}
		// A smaller translation buffer than 128 MiB is emptied over and over during a boot.
		return []string{"-accel", "tcg,thread=multi,tb-size=128", "-cpu", tcgCPU}
	default:
		panic(fmt.Sprintf("qemu: accelerator %q was not decided", m.Accel))
	}
}

func (m hardware) board() string { return cmp.Or(m.Board, "q35") }

// machineType is the board, as it is set up.
func (m hardware) machineType() string {
	// graphics=off makes the firmware and GRUB talk on the serial line.
	board := m.board() + ",graphics=off,vmport=off"
	if m.Windows {
		board = m.board() + ",vmport=off,hpet=off"
	}
	if m.SecureBoot {
		board += ",smm=on"
	}
	return board
}

// disk is the drive of the system's disk. An emulated one calls itself an SSD: Windows trims no other.
func (m hardware) disk() string {
	if m.Emulated {
		return "ide-hd,bus=ide.0,drive=disk,bootindex=1,rotation_rate=1,write-cache=on"
	}
	return "virtio-blk-pci,drive=disk,bootindex=1,discard=on,write-cache=on"
}

// seedDrive is the drive of the seed disk.
func (m hardware) seedDrive() string {
	if m.Windows {
		return "ide-cd,bus=ide.1,drive=seed" // looked at because it is removable
	}
	if m.Emulated {
		return "ide-hd,bus=ide.1,drive=seed"
	}
	return "virtio-blk-pci,drive=seed"
}

func (m hardware) networkCard() string {
	if m.Emulated {
		return "e1000e"
	}
	return "virtio-net-pci"
}
