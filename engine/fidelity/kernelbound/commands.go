package kernelbound

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// use is one way in which a command needs a kernel of its own.
type use struct {
	kind string
	when func(*shell.Command) bool // nil: always
	why  string                    // "": that of the kind
}

// commands are those that need one, by name. Of the uses of one name the first that fits counts.
var commands = table(
	row{Bootloader, "update-grub update-grub2 grub-install grub2-install grub-mkconfig grub2-mkconfig grub-mkimage grub2-mkimage grub-probe grub2-probe " +
		"grub-reboot grub2-reboot grubby update-bootloader pbl kernel-install kernelstub bootctl extlinux lilo zipl flash-kernel update-secureboot-policy", nil},
	row{Initramfs, "update-initramfs mkinitramfs mkinitcpio dracut mkinitrd kdumpctl", nil},
	row{Modules, "depmod modprobe insmod rmmod lsmod modinfo kmod akmods weak-modules", nil},
	row{Modules, "dkms", not(first("status"))},
	row{Reboot, "kexec", nil},
	row{Kernel, "uname", func(c *shell.Command) bool { return c.Has("rva", "kernel-release", "kernel-version", "all") }},
	row{Kernel, "systemd-detect-virt virt-what bpftool bpftrace perf", nil},
	row{KernelLog, "dmesg", nil},
	row{KernelLog, "journalctl", func(c *shell.Command) bool { return c.Has("kb", "dmesg", "boot", "list-boots") }},
	row{Sysctl, "sysctl", setsParameters},
	row{Mount, "mount", mounts},
	row{Mount, "umount", unmounts},
	row{Mount, "swapon", not(has("s", "show", "summary"))},
	row{Mount, "swapoff mount.nfs mount.cifs zramctl", nil},
	row{Mount, "fstrim", nil},
	row{Device, "losetup cryptsetup mdadm dmsetup kpartx partprobe partx growpart resize2fs xfs_growfs hdparm sdparm smartctl nvme lsblk lsscsi udevadm " +
		"nvidia-smi multipath iscsiadm blockdev vgcreate vgextend vgchange vgremove vgscan vgs pvcreate pvresize pvremove pvscan pvs lvcreate lvextend " +
		"lvresize lvremove lvs lvm lvscan zpool zfs blkdiscard rescan-scsi-bus.sh lspci lsusb", nil},
	row{Device, "parted fdisk sfdisk sgdisk gdisk cfdisk mkswap mke2fs fsck e2fsck tune2fs e2label xfs_repair xfs_admin btrfs wipefs blkid", onDisk},
	row{Device, "mknod", func(c *shell.Command) bool {
		w := c.Plain("-m", "-Z")
		return len(w) > 1 && strings.Contains("bcu", w[1].Text)
	}},
	row{Firewall, "iptables ip6tables iptables-restore ip6tables-restore iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft iptables-save ip6tables-save " +
		"ebtables arptables ipset ipvsadm conntrack nft netfilter-persistent", nil},
	row{Firewall, "ufw", not(first("status", "version", "app", "default"))},
	row{Firewall, "firewall-cmd", not(has("", "permanent", "state"))},
	row{Link, "tc ethtool brctl vconfig wg wg-quick ifenslave", nil},
	row{Link, "ip", func(c *shell.Command) bool {
		return firstIs(c, "link", "l", "tuntap") && secondIs(c, "add", "a", "set", "s", "del", "delete")
	}},
	row{Link, "nmcli", func(c *shell.Command) bool {
		return firstIs(c, "device", "d", "dev", "connection", "con", "c") && secondIs(c, "up", "add", "down")
	}},
	row{Security, "setenforce getenforce sestatus setsebool semodule restorecon fixfiles setfiles load_policy apparmor_parser aa-enforce aa-complain aa-disable " +
		"aa-status aa-teardown aa-remove-unknown auditctl augenrules", nil},
	row{Clock, "hwclock chronyc ntpdate ntpd sntp adjtimex rdate", nil},
	row{Clock, "chronyd", nil},
	row{Clock, "timedatectl", first("set-ntp", "set-time", "set-local-rtc")},
	row{Clock, "date", func(c *shell.Command) bool { return c.Has("s", "set") && !c.Open() }},
	row{Firmware, "efibootmgr efivar mokutil fwupdmgr dmidecode  fwupdtool flashrom tpm2_pcrread", nil},
	row{Nested, "docker podman nerdctl ctr crictl buildah minikube kubeadm lxc lxd microk8s k3s machinectl systemd-nspawn snap qemu-system-x86_64 virsh virt-install",
		not(alone)},
	row{Unit, "systemctl service invoke-rc.d rc-service", startsSkipped},
)

// row is how table is written down: many commands of one kind.
type row struct {
	kind  string
	names string // with spaces between them
	when  func(*shell.Command) bool
}

func table(rows ...row) map[string][]use {
	all := map[string][]use{}
	for _, r := range rows {
		for _, name := range strings.Fields(r.names) {
			all[name] = append(all[name], use{kind: r.kind, when: r.when})
		}
	}
	return all
}

// judge tells what a command needs: "" for nothing, and why, if that is more than the kind says.
func judge(c *shell.Command) (kind, why string) {
	if c.Power() != "" {
		return Reboot, ""
	}
	if c.Has("", "help", "version") && !c.Open() {
		return "", ""
	}
	if started := starts(c); started != nil {
		return judge(started)
	}
	for _, u := range commands[c.Name] {
		if u.when == nil || u.when(c) {
			return u.kind, u.why
		}
	}
	if strings.HasPrefix(c.Name, "mkfs") && onDisk(c) {
		return Device, ""
	}
	if kind, why := packages(c); kind != "" {
		return kind, why
	}
	return touched(c), ""
}

// starts is the command that another starts, beyond those that the shell's own package takes off; nil if it starts none.
func starts(c *shell.Command) *shell.Command {
	skip := map[string]int{"chroot": 1, "flock": 1, "systemd-run": 0, "systemd-inhibit": 0, "unshare": 0, "watch": 0, "chrt": 1, "taskset": 1,
		"dbus-run-session": 0, "runuser": 0, "parallel": 0}
	n, ok := skip[c.Name]
	if !ok {
		return nil
	}
	for i, a := range c.Args {
		if strings.HasPrefix(a.Text, "-") {
			continue
		}
		if n == 0 {
			return c.Started(i)
		}
		n--
	}
	return nil
}

// touched is the kind of a file that a command names, which only a kernel has.
func touched(c *shell.Command) string {
	if slices.Contains([]string{"echo", "printf", "export", "local", "test", "[", "[["}, c.Name) {
		return ""
	}
	for i, a := range c.Args {
		switch file := strings.TrimPrefix(a.Text, "of="); {
		case file == "/proc/cmdline", file == "/proc/version", file == "/proc/config.gz", strings.HasPrefix(file, "/proc/modules"):
			return Kernel
		case file == "/dev/kmsg", file == "/proc/kmsg":
			return KernelLog
		case file != a.Text && isDisk(file): // dd of=/dev/sda
			return Device
		case c.Name == "tee", (c.Name == "cp" || c.Name == "ln") && i == len(c.Args)-1:
			if kind := written(file); kind != "" {
				return kind
			}
		}
	}
	return ""
}
