package qemu

import "github.com/ingot-build/ingot/plugins/machine"

// windowsKVMCPU is the host's processor, with what Windows knows of hypervisors: without these it waits in loops for virtual CPUs
// that do not run, and keeps time by interrupts. Each is in every kernel since 4.12; QEMU refuses one that the kernel lacks.
// Reference: https://www.qemu.org/docs/master/system/i386/hyperv.html
const windowsKVMCPU = "host,hv-relaxed,hv-vapic,hv-spinlocks=0x1fff,hv-vpindex,hv-runtime,hv-time,hv-synic,hv-stimer,hv-frequencies"

// windowsTCGCPU is what the emulated processor is. Windows checks models, and stops at those that were never built, such as qemu64;
// its releases since 2024 want the instructions of this one, which emulation has all of.
const windowsTCGCPU = "Nehalem-v1"

// windowsArgs are about what a guest with Windows expects of a machine.
func (m hardware) windowsArgs() []string {
	clock := "base=localtime,driftfix=slew"
	if m.ClockUTC {
		clock = "base=utc,driftfix=slew"
	}
	return []string{
		"-rtc", clock,
		// Windows for desks goes to sleep when nobody moves the mouse, and nobody would wake it.
		"-global", "ICH9-LPC.disable_s3=1", "-global", "ICH9-LPC.disable_s4=1",
		"-device", "VGA", // its loader draws, also where nobody looks
		// There is no serial line that Windows would write to. SeaBIOS tells this port what it does, and OVMF the serial one.
		"-device", "isa-debugcon,iobase=0x402,chardev=console",
	}
}

// consoleChardev is the file that the serial line goes to; for a guest with Windows, another device writes to it as well.
func (m hardware) consoleChardev() string {
	c := "file,id=console,path=" + machine.ConsoleFile
	if m.Windows {
		c += ",mux=on"
	}
	return c
}
