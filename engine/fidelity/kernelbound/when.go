package kernelbound

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// What follows asks a command for its words.

func not(ask func(*shell.Command) bool) func(*shell.Command) bool {
	return func(c *shell.Command) bool { return !ask(c) }
}

func has(short string, long ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool { return c.Has(short, long...) }
}

// first asks whether the first plain word is one of those given.
func first(words ...string) func(*shell.Command) bool {
	return func(c *shell.Command) bool { return firstIs(c, words...) }
}

func firstIs(c *shell.Command, words ...string) bool {
	plain := c.Plain()
	return len(plain) > 0 && slices.Contains(words, plain[0].Text)
}

func secondIs(c *shell.Command, words ...string) bool {
	plain := c.Plain()
	return len(plain) > 1 && slices.Contains(words, plain[1].Text)
}

// alone asks whether a command is only asked about itself: docker version, snap --version.
func alone(c *shell.Command) bool {
	plain := c.Plain()
	return len(plain) == 0 && !c.Open() || firstIs(c, "version", "help", "completion", "config", "context")
}

// setsParameters reports whether sysctl sets something: -w, a file, or NAME=VALUE.
func setsParameters(c *shell.Command) bool {
	return c.Has("wpf", "write", "load", "system") || c.Open() ||
		slices.ContainsFunc(c.Plain(), func(a shell.Arg) bool { return strings.Contains(a.Text, "=") })
}

// mounts reports whether something is mounted that a container may not: all but memory, and folders shown in another place.
func mounts(c *shell.Command) bool {
	words := c.Plain("-t", "-o", "-O", "-L", "-U", "--types", "--options", "--label", "--uuid")
	options := values(c, "o", "options")
	switch {
	case len(c.Args) == 0, c.Has("l", "show-labels") && len(words) == 0:
		return false // only shows what is mounted
	case c.Has("BRM", "bind", "rbind", "move", "make-private", "make-rprivate", "make-shared", "make-rshared", "make-slave", "make-rslave"):
		return false
	case slices.ContainsFunc(options, func(o string) bool { return o == "bind" || o == "rbind" }):
		return false
	}
	types := values(c, "t", "types")
	return len(types) == 0 || !slices.Contains([]string{"tmpfs", "ramfs"}, types[0])
}

// unmounts reports whether what is unmounted is a device, or everything.
func unmounts(c *shell.Command) bool {
	return c.Has("a", "all") || slices.ContainsFunc(c.Plain("-t", "-O"), func(a shell.Arg) bool { return isDisk(a.Text) })
}

// onDisk reports whether a command is given a device, or something that may be one. Its work on a plain file is the same everywhere.
func onDisk(c *shell.Command) bool {
	words := c.Plain("-L", "-U", "-t", "-b", "-m", "-s", "-o", "-O", "-T", "-E", "-N", "-I", "-J", "-n", "-d", "-i", "-a", "-c", "-u", "-A")
	return c.Has("l", "list") || len(words) == 0 || c.Open() || slices.ContainsFunc(words, func(a shell.Arg) bool {
		return !a.Known() || isDisk(a.Text)
	})
}

// values are what an option is given, taken apart at commas: -o bind,ro, -obind, --options=bind.
func values(c *shell.Command, letter, name string) []string {
	var all []string
	for i, a := range c.Args {
		text, given := strings.CutPrefix(a.Text, "--"+name+"=")
		switch {
		case given:
		case (a.Text == "-"+letter || a.Text == "--"+name) && i+1 < len(c.Args):
			text = c.Args[i+1].Text
		case strings.HasPrefix(a.Text, "-"+letter):
			text = a.Text[len(letter)+1:]
		default:
			continue
		}
		all = append(all, strings.Split(text, ",")...)
	}
	return all
}

// isDisk reports whether a path is that of a disk, a partition, or a device over them. Every container has /dev/null and the like.
func isDisk(path string) bool {
	name, ok := strings.CutPrefix(path, "/dev/")
	return ok && slices.ContainsFunc([]string{"sd", "hd", "vd", "xvd", "nvme", "loop", "md", "dm-", "mapper/", "disk/", "sr", "zram", "nbd", "block/", "root"},
		func(start string) bool { return strings.HasPrefix(name, start) })
}

// skipped are units that say themselves that they are not for containers, or for what a container lacks: ConditionVirtualization=!container,
// ConditionCapability=CAP_SYS_MODULE and CAP_SYS_TIME, ConditionPathIsReadWrite=/sys. The others are of services that need what kinds are about.
var skipped = []string{"systemd-modules-load", "systemd-sysctl", "systemd-udevd", "systemd-udev-trigger", "systemd-udev-settle", "systemd-timesyncd",
	"systemd-binfmt", "systemd-remount-fs", "systemd-random-seed", "systemd-hwdb-update", "chrony", "chronyd", "ntp", "ntpd", "ntpsec", "auditd", "irqbalance",
	"multipathd", "fstrim.timer", "kdump", "kdump-tools", "apparmor", "ufw", "nftables", "iptables", "ip6tables", "netfilter-persistent", "firewalld", "docker",
	"containerd", "podman", "crio", "kubelet", "k3s", "snapd", "libvirtd", "lxd", "iscsid", "nfs-server", "nfs-kernel-server", "zfs-mount", "mdmonitor",
	"lvm2-monitor", "hv-kvp-daemon", "hypervkvpd", "dkms", "nvidia-persistenced", "tuned", "smartd", "smartmontools", "acpid", "thermald", "sysstat-collect"}

// startsSkipped reports whether such a unit is started, or asked how it is.
func startsSkipped(c *shell.Command) bool {
	words := c.Plain("-H", "-M", "-p", "-t", "-n", "-o", "-s")
	if len(words) < 2 {
		return false
	}
	verb, units := words[0].Text, words[1:]
	if c.Name != "systemctl" {
		verb, units = words[1].Text, words[:1]
	}
	if !slices.Contains([]string{"start", "restart", "try-restart", "reload", "reload-or-restart", "is-active", "status", "force-reload"}, verb) &&
		!(verb == "enable" && c.Has("", "now")) {
		return false
	}
	return slices.ContainsFunc(units, func(a shell.Arg) bool { return slices.Contains(skipped, strings.TrimSuffix(a.Text, ".service")) })
}
