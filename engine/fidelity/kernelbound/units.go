package kernelbound

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// skipped are units that do not start in a container. The first ones say so themselves, by ConditionVirtualization=!container, or by asking
// for a right or a folder that is not there: CAP_SYS_MODULE, CAP_SYS_TIME, a /sys that can be written to. The others need what the kinds of
// this package are about.
var skipped = strings.Fields(`
	systemd-modules-load systemd-sysctl systemd-udevd systemd-udev-trigger systemd-udev-settle systemd-timesyncd systemd-binfmt
	systemd-remount-fs systemd-random-seed chrony chronyd ntp ntpd ntpsec auditd irqbalance multipathd fstrim.timer hv-kvp-daemon hypervkvpd

	kdump kdump-tools dkms apparmor ufw nftables iptables ip6tables netfilter-persistent firewalld docker containerd podman crio kubelet k3s
	snapd libvirtd lxd iscsid nfs-server nfs-kernel-server zfs-mount mdmonitor lvm2-monitor nvidia-persistenced tuned smartd smartmontools
	acpid thermald`)

// verbs are what systemctl does with a unit, or says of it, that depends on whether it runs.
var verbs = []string{"start", "restart", "try-restart", "reload", "force-reload", "reload-or-restart", "is-active", "status"}

// startsSkipped reports whether such a unit is started, or asked how it is. To enable it is the same everywhere.
func startsSkipped(c *shell.Command) bool {
	words := c.Plain("-H", "-M", "-p", "-t", "-n", "-o", "-s")
	if len(words) < 2 {
		return false
	}
	verb, units := words[0].Text, words[1:]
	if c.Name != "systemctl" { // service UNIT VERB
		verb, units = words[1].Text, words[:1]
	}
	if !slices.Contains(verbs, verb) && !(verb == "enable" && c.Has("", "now")) {
		return false
	}
	return slices.ContainsFunc(units, func(a shell.Arg) bool {
		return slices.Contains(skipped, strings.TrimSuffix(a.Text, ".service"))
	})
}
