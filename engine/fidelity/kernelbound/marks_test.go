package kernelbound_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// one is a script and the kinds of its marks, in its order, with spaces between them.
type one struct{ text, want string }

func run(t *testing.T, table []one) {
	t.Helper()
	for _, tt := range table {
		p, text := file("#!/bin/bash\n" + tt.text + "\n")
		var got []string
		for _, m := range Marks(p, text) {
			got = append(got, m.Kind)
			if m.Why == "" || m.Command == "" || m.Line < 2 {
				t.Errorf("%s: incomplete: %+v", tt.text, m)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestBoot(t *testing.T) {
	run(t, []one{
		{"update-grub", Bootloader},
		{"sudo grub-install /dev/sda", Bootloader},
		{"grub2-mkconfig -o /boot/grub2/grub.cfg", Bootloader},
		{"grubby --update-kernel=ALL --args=x", Bootloader},
		{"sed -i s/quiet// /etc/default/grub", ""},
		{"cp grub.cfg /boot/grub/custom.cfg", ""},
		{"update-initramfs -u -k all", Initramfs},
		{"dracut -f", Initramfs},
		{"mkinitcpio -P", Initramfs},
		{"depmod -a\nmodprobe br_netfilter\ninsmod ./x.ko\nrmmod x", Modules + " " + Modules + " " + Modules + " " + Modules},
		{"echo br_netfilter > /etc/modules-load.d/k8s.conf", ""},
		{"echo overlay | sudo tee /etc/modules-load.d/x.conf", ""},
		{"dkms install -m x -v 1\ndkms status", Modules},
		{"efibootmgr -v\n[ -d /sys/firmware/efi ] && echo efi\n[[ -d /sys/firmware/efi ]]", Firmware + " " + Firmware + " " + Firmware},
		{"uname -r > /etc/kernel-version", Kernel},
		{"uname -m\nuname -s\nuname -a\nuname", ""},
		{"cat /proc/cmdline", Kernel},
		{"grep -q nomodeset /proc/cmdline", Kernel},
		{"echo see /proc/cmdline", ""},
		{"dmesg | tail\njournalctl -k\njournalctl -u ssh", KernelLog + " " + KernelLog},
		{"echo hello > /dev/kmsg", KernelLog},
	})
}

func TestReboot(t *testing.T) {
	run(t, []one{
		{"reboot", Reboot}, {"sudo shutdown -r now", Reboot}, {"shutdown -h +1", Reboot}, {"poweroff", Reboot}, {"halt -p", Reboot},
		{"init 6", Reboot}, {"telinit 0", Reboot}, {"init q", ""}, {"kexec -l /boot/vmlinuz", Reboot},
		{"systemctl reboot", Reboot}, {"systemctl poweroff -i", Reboot}, {"systemctl kexec", Reboot}, {"systemctl soft-reboot", Reboot},
		{"systemctl isolate reboot.target", Reboot}, {"systemctl daemon-reload", ""}, {"shutdown -c", ""}, {"shutdown --help", ""},
		{"echo b > /proc/sysrq-trigger", Reboot},
		{"echo reboot", ""}, {"# reboot", ""}, {"command -v reboot", ""}, {"type -p shutdown", ""}, {"which modprobe", ""},
		{"cat <<EOF > /etc/cron.d/x\n@reboot root modprobe x\nreboot\nEOF", ""},
		{"reboot() { echo no; }\nreboot", ""},
		{"test -f /var/run/reboot-required && sudo reboot", Reboot},
	})
}

func TestParameters(t *testing.T) {
	run(t, []one{
		{"sysctl -w net.ipv4.ip_forward=1", Sysctl}, {"sysctl -p", Sysctl}, {"sysctl --system", Sysctl},
		{"sysctl vm.swappiness=10", Sysctl},
		{"sysctl -n vm.swappiness", ""}, {"sysctl -a | grep forward", ""},
		{"echo 'vm.swappiness=1' >> /etc/sysctl.conf", ""},
		{"echo 1 > /proc/sys/net/ipv4/ip_forward", Sysctl},
		{"echo never | sudo tee /sys/kernel/mm/transparent_hugepage/enabled", Sysctl},
		{"cat /proc/sys/net/ipv4/ip_forward", ""},
		{"setenforce 0", Security}, {"restorecon -R /srv", Security}, {"apparmor_parser -r /etc/apparmor.d/x", Security},
		{"sed -i s/enforcing/permissive/ /etc/selinux/config", ""},
		{"timedatectl set-timezone UTC", ""}, {"timedatectl set-ntp true", Clock}, {"hwclock -w", Clock},
		{"date -s '2020-01-01'", Clock}, {"date -Is; date -u +%s; date -d @0", ""},
		{"chattr +i /etc/resolv.conf\nchattr -R +A /srv\nchattr -i /x", Privilege},
		{"mknod /srv/null c 1 3\nmknod /tmp/pipe p", Privilege},
		{"tuned-adm profile virtual-guest", Sysctl},
	})
}

func TestDevices(t *testing.T) {
	run(t, []one{
		{"mount /dev/sdb1 /data", Mount}, {"mount -a", Mount}, {"mount -o loop x.iso /mnt", Mount}, {"mount -t nfs a:/b /c", Mount},
		{"mount -o remount,rw /", Mount}, {"mount x.iso /mnt", Mount},
		{"mount", ""}, {"mount | grep data", ""}, {"mount -l", ""}, {"mount -t ext4", ""},
		{"mount -t tmpfs none /mnt", ""},
		{"mount -t overlay -o lowerdir=/a:/b o /c; mount -t proc p /d", ""}, {"mount --bind /a /b", ""}, {"mount -o bind,ro /a /b", ""}, {"mount -obind /a /b", ""},
		{"umount /dev/sdb1", Mount}, {"umount -a", Mount}, {"umount /mnt", ""},
		{"swapoff -a", Mount}, {"swapon /swapfile", Mount}, {"swapon --show", ""},
		{"sed -i '/swap/d' /etc/fstab", ""}, {"echo '/dev/sdb1 /data ext4 defaults 0 2' >> /etc/fstab", ""},
		{"losetup -f x.img", Device}, {"growpart /dev/sda 1\nresize2fs /dev/sda1", Device + " " + Device},
		{"mkfs.ext4 /dev/sdc", Device}, {"mkfs -t xfs \"$DISK\"", Device}, {"mkfs.ext4 -F disk.img", ""}, {"mkswap /swapfile", ""},
		{"parted -s /dev/sdc mklabel gpt", Device}, {"parted -s disk.img mklabel gpt", ""}, {"fdisk -l", Device},
		{"sgdisk --version", ""},
		{"pvcreate /dev/sdc\nvgcreate data /dev/sdc\nlvcreate -n a data", Device + " " + Device + " " + Device},
		{"cryptsetup luksFormat x", Device}, {"mdadm --create /dev/md0", Device}, {"lsblk", Device}, {"nvme list", Device},
		{"dd if=/dev/zero of=/dev/sdb", Device}, {"dd if=/dev/zero of=/swapfile bs=1M count=1", ""},
		{"[ -b /dev/disk/azure/scsi1/lun0 ]\n[[ -b $d ]]", Device + " " + Device}, {"[ -f /etc/x ] && test -d /y", ""},
		{"exec > /dev/null 2>&1; cat /dev/urandom | head; echo > /dev/tcp/a/1", ""},
		{"iptables -A INPUT -j DROP", Firewall}, {"nft -f /etc/nftables.conf", Firewall}, {"ufw allow 22", Firewall},
		{"ufw status", ""},
		{"ip link add dummy0 type dummy", Link}, {"ip addr show; ip -br link show", ""}, {"ethtool -K eth0 tso off", Link},
		{"tc qdisc add dev eth0 root fq", Link},
	})
}

func TestPackages(t *testing.T) {
	run(t, []one{
		{"apt-get install -y linux-image-cloud-amd64", Packages},
		{"apt-get install -y linux-headers-$(uname -r)", "kernel-package kernel"},
		{"apt-get install -y build-essential linux-libc-dev linux-tools-common", ""},
		{"apt-get -y install zfs-dkms", Packages}, {"apt install -y grub-efi-amd64=2.06", Packages},
		{"apt-get install -y nvidia-driver-535", Packages},
		{"apt-get purge -y 'linux-image-*'", Packages},
		{"apt-get install -s linux-image-amd64", ""}, {"apt-cache policy linux-image-amd64", ""},
		{"apt-mark hold linux-image-amd64", ""},
		{"apt-get update", ""}, {"apt-get upgrade -y", Upgrade}, {"apt-get -y dist-upgrade", Upgrade}, {"apt full-upgrade -y", Upgrade},
		{"apt-get upgrade -y curl", ""}, {"unattended-upgrade -v", Upgrade},
		{"DEBIAN_FRONTEND=noninteractive sudo -E apt-get -o Dpkg::Options::=--force-confold -y upgrade", Upgrade},
		{"yum update -y", Upgrade}, {"dnf -y upgrade", Upgrade}, {"tdnf update -y", Upgrade}, {"zypper -n dup", Upgrade},
		{"zypper -n up", Upgrade},
		{"yum update -y --exclude=kernel*", ""}, {"dnf -y update curl openssl", ""}, {"dnf check-update", ""},
		{"dnf install -y kernel-devel", Packages},
		{"dnf install -y kernel-headers", ""}, {"dpkg -i ./linux-image-6.1_amd64.deb", Packages}, {"dpkg -l linux-image-6.1", ""},
		{"rpm -Uvh https://x/kernel-ml-6.rpm", Packages}, {"rpm -q kernel", ""}, {"zypper -n in kernel-default", Packages},
		{"apt-get install -y grep shimmy nginx grubbles", ""}, {"./NVIDIA-Linux-x86_64-535.run --silent", Packages},
		{"apt-get install -y dracut", Packages}, {"pip install kernel", ""},
	})
}

func TestServices(t *testing.T) {
	run(t, []one{
		{"docker run --rm x", Nested}, {"docker --version; docker version", ""}, {"podman pull x", Nested},
		{"snap install core", Nested},
		{"apt-get install -y docker-ce", ""}, {"systemctl enable docker", ""}, {"systemctl enable --now docker", Unit},
		{"systemctl start docker.service", Unit}, {"service docker restart", Unit}, {"systemctl restart nginx", ""},
		{"service ssh restart", ""},
		{"systemctl restart systemd-modules-load systemd-sysctl", Unit}, {"systemctl stop ufw; systemctl disable --now ufw", ""},
	})
}

// TestWays are ways to a command: each is met as if it stood alone.
func TestWays(t *testing.T) {
	run(t, []one{
		{"sudo -u root -E env A=1 nice -n 5 nohup timeout 5 modprobe x", Modules},
		{"sudo sh -c 'update-grub'", Bootloader},
		{"bash -euo pipefail -c \"modprobe x && reboot\"", "modules reboot"},
		{"sudo bash <<'EOF'\nmodprobe x\nEOF", Modules},
		{"eval 'modprobe x'", Modules},
		{"if true; then modprobe x; else reboot; fi", "modules reboot"},
		{"for m in a b; do modprobe $m; done", Modules},
		{"case x in a) modprobe x;; esac", Modules},
		{"setup() { modprobe x; }\nsetup", Modules},
		{"a=$(uname -r)", Kernel}, {"(modprobe x)", Modules}, {"{ modprobe x; } &", Modules}, {"! modprobe x || true", Modules},
		{"echo a | xargs modprobe", Modules}, {"chroot /mnt update-grub", Bootloader}, {"flock /tmp/l modprobe x", Modules},
		{"/usr/sbin/modprobe x", Modules}, {"$SUDO modprobe x", Modules}, {"SUDO=sudo\n$SUDO modprobe x", Modules},
		{"${SUDO:-} reboot", Reboot},
		{"retry() { \"$@\"; }\nretry 5 modprobe x", Modules},
		{"log() { echo \"$@\"; }\nlog reboot now", ""},
		{"if ! command -v modprobe >/dev/null; then echo none; fi", ""},
		{"modprobe --version; dmesg --help", ""},
		{"ssh host reboot", ""}, {"man modprobe", ""}, {"printf 'modprobe x\\n' > load.sh", ""}, {"M='modprobe x'; echo \"$M\"", ""},
		{"M='modprobe x'\n$M", Modules},
	})
}

// TestOtherLanguages are scripts that are no shell's.
func TestOtherLanguages(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"python",
			"#!/usr/bin/env python3\nimport os, subprocess\n# modprobe x\nsubprocess.run(['sudo', 'modprobe', 'x'])\nos.system(\"sudo reboot\")\n",
			"modules: modprobe\nreboot: reboot"},
		{"words of English", "#!/usr/bin/python3\nprint('please mount it, and reboot')\nmount = 1\nhalt()\n", ""},
		{"perl", "#!/usr/bin/perl\nsystem('mount /dev/sdb /x'); `docker run x`; system('/sbin/shutdown -r now');\n",
			"mount: mount\nnested: docker\nreboot: shutdown"},
		{"once", "#!/usr/bin/ruby\n`sysctl -p`; `sysctl -w a=b`\n", "sysctl: sysctl"},
		{"that does not parse", "#!/bin/bash\nif modprobe x; then\n", "modules: modprobe"},
		{"a program", "\x7fELF\x00\x01modprobe", ""},
		{"PowerShell", "#!/usr/bin/pwsh\nWrite-Output 'x'\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, text := file(tt.text)
			got := Marks(p, text)
			if diff := cmp.Diff(tt.want, strings.Join(kinds(got), "\n")); diff != "" {
				t.Errorf("marks (-want +got):\n%s", diff)
			}
			for _, m := range got {
				if !strings.Contains(m.Why, "not understood") || m.Line < 2 {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

func TestUnread(t *testing.T) {
	p, _ := file("")
	p.Steps[0].Shell.Script.URI = "https://example.com/a/setup.sh?sig=SECRET"
	got := Unread(p, nothing)
	if len(got) != 1 || got[0].Kind != Unseen || got[0].Command != "setup.sh" || got[0].Step != "customize[0]" || len(Marks(p, nothing)) != 0 {
		t.Errorf("%+v", got)
	}
	p, text := file("\x7fELF\x00\x01")
	if got := Unread(p, text); len(got) != 1 || !strings.Contains(got[0].Why, "program") {
		t.Errorf("%+v", got)
	}
	if got := Unread(inline("true"), nothing); got != nil {
		t.Errorf("%+v", got)
	}
}

// TestSecrets holds that no mark shows a secret that a script has in clear text.
func TestSecrets(t *testing.T) {
	for _, script := range []string{
		"mount -t cifs //host/share /mnt -o username=u,password=hunter2hunter2",
		"docker login -u me --password hunter2hunter2 host",
		"docker run -e API_TOKEN=hunter2hunter2 x",
		"PW=hunter2hunter2\nsh -c \"cryptsetup luksOpen --key $PW /dev/sda1 x\"",
		"echo PASSWORD=hunter2hunter2 > /sys/x",
		"docker pull https://me:hunter2hunter2@host/x",
	} {
		p, text := file("#!/bin/bash\n" + script + "\n")
		got := Marks(p, text)
		if len(got) == 0 {
			t.Errorf("%s: no mark", script)
		}
		for _, m := range got {
			if strings.Contains(m.Command+m.Why, "hunter2") {
				t.Errorf("%s: %+v", script, m)
			}
		}
	}
}
