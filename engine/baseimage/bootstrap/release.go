package bootstrap

import (
	"maps"
	"slices"
)

// suites maps the name of a base image to Debian's code name. Debian 11 is not among them: its security updates have left the
// mirrors, so it can no longer be installed as it should be.
var suites = map[string]string{
	"debian-12": "bookworm",
	"debian-13": "trixie",
}

// Names lists the base images that Build can make, sorted.
func Names() []string { return slices.Sorted(maps.Keys(suites)) }

// Suite gives the Debian code name behind a base image's name; ok is false if Build cannot make it.
func Suite(name string) (suite string, ok bool) {
	suite, ok = suites[name]
	return suite, ok
}

// packages is what the image holds beside Debian's minimal base and what these depend on (nothing is added for being merely
// recommended): the parts of Debian's own Azure image that customizers and the generalize step lean on.
var packages = []string{
	// the machine
	"linux-image-cloud-amd64", "initramfs-tools", "zstd", "kmod", "udev", "systemd-sysv", "dbus", "libpam-systemd",
	"e2fsprogs", "dosfstools", "fdisk", "gdisk", "grub-pc-bin", "grub-efi-amd64-bin", "grub2-common",
	// the network
	"netplan.io", "systemd-resolved", "netbase", "iproute2", "iputils-ping", "openssh-server", "ca-certificates", "curl", "wget",
	// becoming a machine of its own, here and on Azure
	"cloud-init", "cloud-guest-utils", "waagent", "systemd-timesyncd",
	// what scripts expect
	"sudo", "python3", "gnupg", "lsb-release", "apt-utils", "procps", "cron", "less", "vim-tiny", "xz-utils", "bzip2",
	"unzip",
}
