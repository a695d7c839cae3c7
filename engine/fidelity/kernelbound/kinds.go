package kernelbound

// The kinds of marks. They are stable: scripts choose by them.
const (
	Bootloader = "bootloader" // what firmware starts
	Initramfs  = "initramfs"
	Modules    = "modules"
	Packages   = "kernel-package" // a package of a kernel, its modules or a boot loader is installed or removed
	Upgrade    = "upgrade"        // of all packages, a kernel perhaps among them
	Reboot     = "reboot"         // restarted, or turned off
	Kernel     = "kernel"         // which kernel runs, and how it was started
	KernelLog  = "kernel-log"
	Sysctl     = "sysctl" // parameters in /proc/sys and /sys
	Mount      = "mount"
	Device     = "disk" // disks, partitions, and what is laid over them
	Firewall   = "firewall"
	Link       = "network-device" // network devices, and what is set on them
	Security   = "security-module"
	Clock      = "clock"
	Firmware   = "firmware"
	Privilege  = "privilege" // over the whole kernel
	Nested     = "nested"    // containers and machines in the container
	Unit       = "unit"      // of systemd, skipped in containers
	Unseen     = "unseen"    // of Unread alone: a script that nobody could look into
)

// whys says of each kind what is different in a container of the host's kernel.
var whys = map[string]string{
	Bootloader: "no firmware starts a container, and it is not shown the disk that a boot loader is written to",
	Initramfs:  "the kernel that runs is the host's and the disk is not there as a device: an initramfs is made of what can be seen",
	Modules:    "a container may load no module: the kernel is the host's, and the modules of the image are of another",
	Packages:   "its scripts make an initramfs, build modules or set up a boot loader, for a kernel that does not run",
	Upgrade:    "a new kernel may be among what it installs, and with it an initramfs and a boot menu",
	Reboot:     "a container is not started by firmware, boot loader and kernel: none of them is tried when it starts again",
	Kernel:     "the kernel that runs is the host's: its version and how it was started are not those of the image",
	KernelLog:  "the log of the kernel is the host's, and not shown in a container",
	Sysctl:     "/proc/sys and /sys are the host kernel's, and most of them a container may not write to",
	Mount:      "a container may mount no device and nothing from a server; the devices in /etc/fstab are not there",
	Device:     "a container is given no disk: there are no device nodes of any, and what /sys tells is of the host",
	Firewall:   "rules need modules of the kernel, which only the host can load",
	Link:       "network devices are made by modules of the host's kernel; the one of the container is not a network card",
	Security:   "SELinux, AppArmor and audit are parts of the kernel, which is the host's: a container can neither ask nor tell them",
	Clock:      "the clock is the host's: a container may not set it, and what keeps time does not start there",
	Firmware:   "a container has no firmware: its tables and variables are the host's, or not to be had",
	Privilege:  "it takes a right over the whole kernel, which nobody has in a container",
	Nested:     "containers need mounts, control groups and modules that a container may not have itself",
	Unit:       "systemd skips it in a container",
	Unseen:     "nobody looked into it",
}

// Kinds are all kinds that Marks and Did have, in the order of this file.
func Kinds() []string {
	return []string{Bootloader, Initramfs, Modules, Packages, Upgrade, Reboot, Kernel, KernelLog, Sysctl, Mount, Device, Firewall, Link,
		Security, Clock, Firmware, Privilege, Nested, Unit}
}
