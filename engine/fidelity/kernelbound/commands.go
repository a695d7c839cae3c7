package kernelbound

import (
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// use is one way in which a command needs a kernel of its own.
type use struct {
	kind string
	when ask    // nil: always
	why  string // "": that of the kind
}

// commands are those that need one, by name. Of the uses of one name the first that fits counts.
var commands = table(
	row{kind: Bootloader, names: `update-grub update-grub2 update-bootloader update-secureboot-policy pbl bootctl kernel-install kernelstub
		grub-install grub-mkconfig grub-mkimage grub-probe grub-reboot grub2-install grub2-mkconfig grub2-mkimage grub2-probe grub2-reboot
		grubby extlinux lilo zipl flash-kernel`},
	row{kind: Initramfs, names: "update-initramfs mkinitramfs mkinitcpio dracut mkinitrd kdumpctl"},
	row{kind: Modules, names: "depmod modprobe insmod rmmod lsmod modinfo kmod akmods weak-modules"},
	row{kind: Modules, names: "dkms", when: not(first("status"))},
	row{kind: Packages, names: "ubuntu-drivers nvidia-installer"},
	row{kind: Reboot, names: "kexec"},
	row{kind: Kernel, names: "uname", when: has("rv", "kernel-release", "kernel-version")},
	row{kind: Kernel, names: "systemd-detect-virt virt-what bpftool bpftrace perf"},
	row{kind: KernelLog, names: "dmesg"},
	row{kind: KernelLog, names: "journalctl", when: has("k", "dmesg")},
	row{kind: Sysctl, names: "sysctl", when: setsParameters},
	row{kind: Sysctl, names: "tuned-adm cpupower"},
	row{kind: Mount, names: "mount", when: mounts},
	row{kind: Mount, names: "umount", when: unmounts},
	row{kind: Mount, names: "mount.nfs mount.cifs fstrim"},
	row{kind: Mount, names: "swapon swapoff zramctl", when: not(has("s", "show", "summary")), why: swapWhy},
	row{kind: Device, names: `losetup cryptsetup mdadm dmsetup kpartx partprobe partx growpart resize2fs xfs_growfs blockdev blkdiscard
		hdparm sdparm smartctl nvme lsblk lsscsi lspci lsusb udevadm nvidia-smi multipath iscsiadm zpool zfs rescan-scsi-bus.sh`},
	row{kind: Device, names: `lvm lvs lvscan lvcreate lvextend lvresize lvremove vgs vgscan vgcreate vgextend vgchange vgremove
		pvs pvscan pvcreate pvresize pvremove`},
	row{kind: Device, names: `parted fdisk sfdisk sgdisk gdisk cfdisk mkswap mke2fs fsck e2fsck tune2fs e2label xfs_repair xfs_admin btrfs
		wipefs blkid`, when: onDisk},
	row{kind: Device, names: "[ [[ test", when: asksDevice},
	row{kind: Firmware, names: "[ [[ test", when: names("/sys/firmware")},
	row{kind: Privilege, names: "mknod", when: makesDevice},
	row{kind: Privilege, names: "chattr", when: setsImmutable},
	row{kind: Firewall, names: `iptables iptables-restore iptables-save iptables-legacy iptables-nft ip6tables ip6tables-restore ip6tables-save
		ip6tables-legacy ip6tables-nft ebtables arptables ipset ipvsadm conntrack nft firewall-cmd netfilter-persistent`},
	row{kind: Firewall, names: "ufw", when: not(first("status", "version", "app"))},
	row{kind: Link, names: "tc ethtool brctl vconfig wg wg-quick ifenslave"},
	row{kind: Link, names: "ip", when: both(first("link", "l", "tuntap"), second("add", "a"))},
	row{kind: Security, names: `setenforce getenforce sestatus setsebool semodule restorecon fixfiles setfiles load_policy apparmor_parser
		aa-enforce aa-complain aa-disable aa-status aa-teardown aa-remove-unknown auditctl augenrules`},
	row{kind: Clock, names: "hwclock chronyd chronyc ntpdate ntpd sntp adjtimex rdate"},
	row{kind: Clock, names: "timedatectl", when: first("set-ntp", "set-time", "set-local-rtc")},
	row{kind: Clock, names: "date", when: setsDate},
	row{kind: Firmware, names: "efibootmgr efivar mokutil fwupdmgr fwupdtool dmidecode flashrom"},
	row{kind: Nested, names: `docker docker-compose podman nerdctl ctr crictl buildah minikube kubeadm k3s microk8s lxc lxd machinectl
		systemd-nspawn snap qemu-system-x86_64 virsh virt-install`, when: not(alone)},
	row{kind: Unit, names: "systemctl service invoke-rc.d rc-service", when: startsSkipped},
)

// row is how the table is written down: commands of one kind, with spaces between their names.
type row struct {
	kind, names string
	when        ask
	why         string
}

func table(rows ...row) map[string][]use {
	all := map[string][]use{}
	for _, r := range rows {
		for _, name := range strings.Fields(r.names) {
			all[name] = append(all[name], use{kind: r.kind, when: r.when, why: r.why})
		}
	}
	return all
}

const swapWhy = "swap is the host's: a container can neither add to it nor take of it"

// judge tells what a command needs: "" for nothing, and why, if that is another reason than that of the kind.
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
	switch {
	case strings.HasPrefix(c.Name, "mkfs") && onDisk(c):
		return Device, ""
	case strings.HasPrefix(c.Name, "NVIDIA-Linux-"), strings.HasPrefix(c.Name, "VBoxLinuxAdditions"):
		return Packages, ""
	}
	if kind := packages(c); kind != "" {
		return kind, ""
	}
	return touched(c), ""
}

// starters are commands that start the one that follows their options and as many words, beside those that the parser takes off.
var starters = map[string]int{"chroot": 1, "flock": 1, "chrt": 1, "taskset": 1, "systemd-run": 0, "systemd-inhibit": 0, "unshare": 0,
	"watch": 0, "parallel": 0, "dbus-run-session": 0}

// starts is the command that another one starts; nil if it starts none.
func starts(c *shell.Command) *shell.Command {
	skip, ok := starters[c.Name]
	if !ok {
		return nil
	}
	for i, a := range c.Args {
		if strings.HasPrefix(a.Text, "-") {
			continue
		}
		if skip == 0 {
			return c.Started(i)
		}
		skip--
	}
	return nil
}
