package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// Problem is something that this host lacks for a container.
type Problem struct{ What, Why, Fix string }

func (p Problem) String() string {
	text := p.What
	if p.Why != "" {
		text += "\n  why:  " + p.Why
	}
	if p.Fix != "" {
		text += "\n  fix:  " + p.Fix
	}
	return text
}

// programs are those that a container is run by, with Debian's package.
var programs = []struct{ name, pkg, why string }{
	{guestProgram, "systemd-container", "it boots the disk's systemd in namespaces of its own"},
	{storageProgram, "qemu-system-common", "it shows the qcow2 as a raw disk"},
	{networkProgram, "slirp4netns", "it connects the guest to the network"},
}

// Check gives what this host lacks, nil if nothing.
func Check(ctx context.Context) []Problem {
	var all []Problem
	add := func(what, why, fix string) { all = append(all, Problem{what, why, fix}) }
	for _, p := range programs {
		if _, err := exec.LookPath(p.name); err != nil {
			add(fmt.Sprintf("no program %q on this host", p.name), p.why, "install it: apt-get install "+p.pkg)
		}
	}
	if os.Geteuid() != 0 {
		add("this process is not root", "mounting the disk's file system and making namespaces takes root", "run it by sudo, or as root")
		return all // nothing of the rest can be told
	}
	for _, device := range []struct{ path, why, fix string }{
		{"/dev/fuse", "the disk is shown as a file by FUSE", "modprobe fuse; in a container: --device /dev/fuse"},
		{"/dev/loop-control", "loop devices show the disk's partitions", "modprobe loop; in a container: a privileged one"},
	} {
		f, err := os.OpenFile(device.path, os.O_RDWR, 0)
		if err != nil {
			add(fmt.Sprintf("%s cannot be used: %v", device.path, errors.Unwrap(err)), device.why, device.fix)
			continue
		}
		f.Close()
	}
	if v := kernelVersion(); v != [2]int{} && (v[0] < 5 || v[0] == 5 && v[1] < 12) {
		add(fmt.Sprintf("Linux %d.%d is too old", v[0], v[1]), "idmapped mounts, by which root in the guest is nobody on this host, are of 5.12",
			"use a newer kernel, or build in the VM")
	}
	if !hasCgroup2() {
		add("no cgroup2 is mounted", "systemd in the guest needs the second version of cgroups",
			"mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified")
	}
	if by := confinedBy(); by != "" {
		add(by, "it may forbid what a container is made of: mounts, namespaces",
			"run ingot unconfined: in a container, --privileged or --security-opt apparmor=unconfined")
	}
	return all
}

func kernelVersion() (v [2]int) {
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		_, _ = fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &v[0], &v[1])
	}
	return v
}

func hasCgroup2() bool {
	all, err := hierarchies()
	for _, h := range all {
		if h.two {
			return true
		}
	}
	return err != nil // no /proc: another error says it
}

// confinedBy names the security module's profile that this process runs under; "" for none.
func confinedBy() string {
	text, err := os.ReadFile("/proc/self/attr/apparmor/current")
	if err != nil {
		return ""
	}
	profile := strings.TrimSpace(strings.TrimRight(string(text), "\x00"))
	if profile == "" || profile == "unconfined" || strings.HasSuffix(profile, "(complain)") {
		return ""
	}
	return fmt.Sprintf("AppArmor confines this process by %q", profile)
}
