package kernelbound

import (
	"path"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// kernelPackages are the names of packages with a kernel, its modules, its initramfs or its boot loader, by how they start. What ends in
// "*" goes on.
var kernelPackages = []string{"linux-image*", "linux-headers*", "linux-modules*", "linux-generic*", "linux-virtual*", "linux-azure*", "linux-aws*", "linux-gcp*",
	"linux-kvm*", "linux-lowlatency*", "linux-cloud-tools*", "linux-source*", "linux-hwe*", "linux-oem*", "linux-signed*", "linux-default*",
	"kernel", "kernel-core*", "kernel-modules*", "kernel-devel*", "kernel-default*", "kernel-azure*", "kernel-ml*", "kernel-lt*", "kernel-uek*", "kernel-rt*",
	"kernel-debug*", "kernel-[0-9]*", "kernel-tools*", "kmod-*", "akmod-*", "dkms", "grub*", "shim*", "mokutil", "systemd-boot*", "nvidia-driver*", "nvidia-open*",
	"nvidia-kernel*", "cuda", "cuda-drivers*", "initramfs-tools*", "dracut*", "mkinitcpio*", "zfs-dkms", "virtualbox-guest*", "amdgpu*", "kexec-tools",
	"kdump-tools", "intel-microcode", "amd64-microcode", "microcode_ctl", "plymouth*"}

// harmless are packages whose names start so, and have nothing of a kernel that runs.
var harmless = []string{"linux-libc-dev", "kernel-headers", "kernel-srpm-macros", "kernel-rpm-macros", "kernel-tools-libs", "grub-customizer"}

// packages is what a package manager does to a kernel.
func packages(c *shell.Command) (kind, why string) {
	verb, names := c.Packages()
	switch {
	case c.Name == "dpkg" && c.Has("iPr", "install", "remove", "purge", "configure", "unpack"), c.Name == "rpm" && c.Has("iUFe", "install", "upgrade", "freshen", "erase") && !c.Has("q", "query"):
		names = c.Plain()
	case slices.Contains([]string{"apt-mark", "dnf-automatic"}, c.Name):
		return "", ""
	case c.Name == "unattended-upgrade" || c.Name == "unattended-upgrades" || c.Name == "do-release-upgrade":
		return Upgrade, ""
	case upgrades(c, verb, names):
		return Upgrade, ""
	case !slices.Contains([]string{"install", "reinstall", "in", "localinstall", "remove", "purge", "erase", "rm", "update", "upgrade", "up", "downgrade", "swap",
		"groupinstall", "build-dep", "satisfy"}, verb):
		return "", ""
	}
	for _, a := range names {
		if isKernelPackage(a.String()) {
			return Packages, ""
		}
	}
	return "", ""
}

// upgrades reports whether everything that is installed is brought up to date, kernels too.
func upgrades(c *shell.Command, verb string, names []shell.Arg) bool {
	if spares(c) {
		return false
	}
	switch c.Name {
	case "apt", "apt-get", "aptitude":
		return slices.Contains([]string{"dist-upgrade", "full-upgrade"}, verb) || slices.Contains([]string{"upgrade", "safe-upgrade"}, verb) && len(names) == 0
	case "zypper":
		return slices.Contains([]string{"dup", "dist-upgrade", "patch"}, verb) || slices.Contains([]string{"update", "up"}, verb) && len(names) == 0
	default:
		return slices.Contains([]string{"distro-sync", "system-upgrade"}, verb) ||
			slices.Contains([]string{"update", "upgrade", "upgrade-minimal", "update-minimal"}, verb) && len(names) == 0
	}
}

// spares reports whether kernels are left out: dnf update --exclude=kernel*.
func spares(c *shell.Command) bool {
	for i, a := range c.Args {
		out, ok := strings.CutPrefix(a.Text, "--exclude=")
		if (a.Text == "-x" || a.Text == "--exclude") && i+1 < len(c.Args) {
			out, ok = c.Args[i+1].Text, true
		}
		if ok && slices.ContainsFunc(strings.Split(out, ","), func(p string) bool { return p == "kernel*" || p == "kernel-*" }) {
			return true
		}
	}
	return false
}

// isKernelPackage tells by the name of a package, or of its file.
func isKernelPackage(name string) bool {
	name = path.Base(name)
	name, _, _ = strings.Cut(name, "=") // nginx=1.2
	if strings.HasSuffix(name, "-dkms") || strings.Contains(name, "-dkms_") {
		return true
	}
	if slices.ContainsFunc(harmless, func(h string) bool { return strings.HasPrefix(name, h) }) {
		return false
	}
	return slices.ContainsFunc(kernelPackages, func(p string) bool { ok, err := path.Match(p, name); return ok && err == nil })
}
