package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"syscall"
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

// program is one that a container is run by, with Debian's package.
type program struct{ name, pkg, why string }

var programs = []program{
	{guestProgram, "systemd-container", "it boots the disk's systemd in namespaces of its own"},
	{storageProgram, "qemu-system-common", "it shows the qcow2 as a raw disk"},
	{networkProgram, "slirp4netns", "it connects the guest to the network"},
}

func (h *host) lacksPrograms(wanted []program) (all []Problem) {
	for _, p := range wanted {
		if _, err := h.find(p.name); err != nil {
			all = append(all, Problem{fmt.Sprintf("no program %q on this host", p.name), p.why, "install it: apt-get install " + p.pkg})
		}
	}
	return all
}

var noCgroup2 = Problem{"no cgroup2 is mounted", "systemd in the guest needs the second version of cgroups",
	"mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified"}

// lacksForRoot says what is lacking for a supervisor that is this host's root: first what a user namespace would do without.
func (h *host) lacksForRoot(ctx context.Context) (loops, others []Problem) {
	add := func(to *[]Problem, what, why, fix string) { *to = append(*to, Problem{what, why, fix}) }
	if err := h.use("/dev/loop-control"); err != nil {
		add(&loops, fmt.Sprintf("/dev/loop-control cannot be used: %v", reason(err)), "loop devices show the disk's partitions",
			"modprobe loop; in a container: a privileged one")
	}
	if h.before(5, 12) {
		add(&loops, fmt.Sprintf("Linux %d.%d is too old", h.kernel[0], h.kernel[1]),
			"idmapped mounts, by which root in the guest is nobody on this host, are of 5.12", "use a newer kernel, or build in the VM")
	}
	if err := h.use("/dev/fuse"); err != nil {
		add(&others, fmt.Sprintf("/dev/fuse cannot be used: %v", reason(err)), "the disk is shown as a file by FUSE",
			"modprobe fuse; in a container: --device /dev/fuse")
	}
	if err := h.use(tunDevice); err != nil {
		add(&others, fmt.Sprintf("%s cannot be used: %v", tunDevice, reason(err)), "the guest's network card is one",
			"modprobe tun; in a container: --device "+tunDevice)
	}
	switch {
	case !h.hasCgroup2():
		others = append(others, noCgroup2)
	case h.readOnlyCgroup2():
		add(&others, "cgroup2 is mounted read-only", "the guest gets a cgroup of its own", "in a container: run it with --privileged")
	}
	if by := h.confinedBy(); by != "" {
		add(&others, fmt.Sprintf("AppArmor confines this process by %q", by), "it may forbid what a container is made of: mounts, namespaces",
			"run ingot unconfined: in a container, --privileged or --security-opt apparmor=unconfined")
	} else if err := h.spaces(ctx); err != nil {
		add(&others, fmt.Sprintf("no mount and PID namespaces of one's own can be made: %v", err),
			"an outer container or a security module (SELinux, seccomp) forbids it, also to root",
			"in a container, run it with --privileged; else see what dmesg and the audit log say")
	}
	return loops, others
}

// readOnlyCgroup2 tells whether cgroups of the second version can only be looked at, as in an unprivileged container.
func (h *host) readOnlyCgroup2() bool {
	for line := range strings.Lines(h.setting("/proc/self/mountinfo")) {
		mount, kind, _ := strings.Cut(line, " - ")
		if field := strings.Fields(mount); strings.HasPrefix(kind, "cgroup2 ") && len(field) > 5 {
			return slices.Contains(strings.Split(field[5], ","), "ro")
		}
	}
	return false
}

// trySpaces starts a program in namespaces as a supervisor has them, with mounts that it may make private.
func trySpaces(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS}
	err := cmd.Run()
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
