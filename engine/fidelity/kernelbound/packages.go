package kernelbound

import (
	"path"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// ofKernels are patterns of packages with a kernel, its modules, its initramfs or its boot loader.
var ofKernels = strings.Fields(`
	linux-image* linux-headers* linux-modules* linux-generic* linux-virtual* linux-azure* linux-aws* linux-gcp* linux-kvm* linux-hwe*
	linux-oem* linux-lowlatency* linux-signed*
	kernel kernel-[0-9]* kernel-core* kernel-modules* kernel-devel* kernel-default* kernel-azure* kernel-ml* kernel-lt* kernel-uek*
	kernel-rt* kernel-debug* kmod-* akmod-* dkms *-dkms *-dkms_*
	grub grub-* grub2* shim shim-* systemd-boot* initramfs-tools* dracut dracut-* mkinitcpio* kexec-tools kdump-tools
	intel-microcode amd64-microcode microcode_ctl
	nvidia-driver* nvidia-open* nvidia-kernel* cuda cuda-[0-9]* cuda-drivers*`)

// changing are what package managers are told to do with packages by name.
var changing = []string{"install", "reinstall", "in", "localinstall", "remove", "purge", "erase", "rm", "update", "upgrade", "up",
	"downgrade", "swap", "groupinstall", "build-dep", "satisfy"}

// packages is what a package manager does to a kernel.
func packages(c *shell.Command) (kind string) {
	verb, names := c.Packages()
	switch c.Name {
	case "dpkg":
		if !c.Has("iPr", "install", "remove", "purge", "configure", "unpack") {
			return ""
		}
		names = c.Plain()
	case "rpm":
		if c.Has("q", "query") || !c.Has("iUFe", "install", "upgrade", "freshen", "erase") {
			return ""
		}
		names = c.Plain()
	case "unattended-upgrade", "unattended-upgrades", "do-release-upgrade":
		return Upgrade
	default:
		switch {
		case upgrades(c, verb, names):
			return Upgrade
		case !slices.Contains(changing, verb):
			return ""
		}
	}
	if slices.ContainsFunc(names, func(a shell.Arg) bool { return isOfKernel(a.String()) }) {
		return Packages
	}
	return ""
}

// upgrades reports whether everything that is installed is brought up to date, kernels too.
func upgrades(c *shell.Command, verb string, names []shell.Arg) bool {
	all := map[string][]string{ // verbs that always do, and those that do without names
		"apt": {"dist-upgrade full-upgrade", "upgrade safe-upgrade"},
		"dnf": {"distro-sync system-upgrade", "update upgrade update-minimal upgrade-minimal"},
		"zyp": {"dup dist-upgrade patch", "update up"},
	}[c.Name[:min(3, len(c.Name))]]
	switch c.Name {
	case "yum", "tdnf", "microdnf":
		all = []string{"distro-sync", "update upgrade"}
	}
	if all == nil || verb == "" || spares(c) {
		return false
	}
	return slices.Contains(strings.Fields(all[0]), verb) || len(names) == 0 && slices.Contains(strings.Fields(all[1]), verb)
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

// isOfKernel tells by the name of a package, also with a version, or of its file.
func isOfKernel(name string) bool {
	name, _, _ = strings.Cut(path.Base(name), "=")
	return slices.ContainsFunc(ofKernels, func(p string) bool { ok, err := path.Match(p, name); return ok && err == nil })
}
