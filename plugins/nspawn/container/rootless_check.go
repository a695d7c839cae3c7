package container

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// forUser are the programs by which a container runs in a user namespace.
var forUser = []program{
	{fuse2fsProgram, "fuse2fs", "it mounts the disk's ext4 where that is not left to the kernel"},
	{"e2fsck", "e2fsprogs", "it checks the disk's ext4 before fuse2fs mounts it"},
	{"debugfs", "e2fsprogs", "it makes layers whole that fuse2fs has written"},
}

// forIDs give a user's namespace its ids.
var forIDs = []program{
	{"newuidmap", "uidmap", "it gives a user namespace the ids of the guest's users"},
	{"newgidmap", "uidmap", "it gives a user namespace the ids of the guest's groups"},
}

// lacksForUser says what is lacking for a container without root.
func (h *host) lacksForUser(ctx context.Context) []Problem {
	all := h.lacksPrograms(forIDs)
	all = append(all, h.lacksIDs()...)
	if err := h.place(); err != nil {
		all = append(all, Problem{"no cgroup for a container of this user: " + err.Error(),
			"systemd in the guest needs a cgroup of the second version that is its own",
			"log in by a login manager with systemd, with the package dbus-user-session; in a container or a CI job, " +
				"have a cgroup that is this user's: as root, mkdir and chown -R one below " + cgroupRoot +
				", and write the process into its cgroup.procs"})
	}
	return append(all, h.lacksForNamespace(ctx, Rootless, all...)...)
}

// lacksIDs says which subordinate ids are lacking.
func (h *host) lacksIDs() (all []Problem) {
	if h.user == nil {
		return []Problem{{fmt.Sprintf("uid %d has no name on this host", h.uid),
			"subordinate ids are given to users by their names",
			"run it as a user of /etc/passwd"}}
	}
	for _, kind := range []struct{ path, flag string }{{"etc/subuid", "--add-subuids"}, {"etc/subgid", "--add-subgids"}} {
		f, err := h.files.Open(kind.path)
		if err == nil {
			_, err = subordinate(f, h.user)
			f.Close()
		}
		if err != nil {
			all = append(all, Problem{fmt.Sprintf("/%s has no range of %d ids for %s", kind.path, guestIDs, h.user.Username),
				"users of the guest are none of this host, so each takes an id that is nobody else's here",
				fmt.Sprintf("as root: usermod %s 100000-%d %s, or another range that nobody has", kind.flag, 100000+guestIDs-1, h.user.Username)})
		}
	}
	return all
}

// lacksForNamespace says what is lacking for a supervisor in a user namespace. Where nothing is known to be, as by before, one is tried.
func (h *host) lacksForNamespace(ctx context.Context, mode Mode, before ...Problem) []Problem {
	all := h.lacksPrograms(forUser)
	add := func(what, why, fix string) { all = append(all, Problem{what, why, fix}) }
	if h.before(5, 6) {
		add(fmt.Sprintf("Linux %d.%d is too old", h.kernel[0], h.kernel[1]), "files of the disk are opened by openat2, which is of 5.6",
			"use a newer kernel, or build in the VM")
	}
	if !h.hasCgroup2() {
		all = append(all, noCgroup2)
	}
	if mode == Rootless {
		all = append(all, h.lacksPermission()...)
	}
	for _, device := range []struct{ path, why, load string }{
		{"/dev/fuse", "the disk is shown as a file, and mounted, by FUSE", "modprobe fuse"},
		{"/dev/net/tun", "the guest's network card is one", "modprobe tun"},
	} {
		if err := h.use(device.path); err != nil {
			fix := device.load + "; in a container: --device " + device.path
			if mode == Rootless {
				fix = "as root: " + fix + "; then chmod 666 " + device.path
			}
			add(fmt.Sprintf("%s cannot be used: %v", device.path, reason(err)), device.why, fix)
		}
	}
	if len(all) > 0 || len(before) > 0 {
		return all
	}
	if err := h.try(ctx, mode); err != nil {
		fix := "run it in a privileged container, or outside of one"
		if by := h.confinedBy(); by != "" {
			fix = fmt.Sprintf("AppArmor confines this process by %q: in a container, --security-opt apparmor=unconfined; or %s", by, fix)
		}
		add("a supervisor in a user namespace cannot be started: "+err.Error(),
			"an outer container, a security module or its own settings forbid what a container is made of", fix)
	}
	return all
}

// lacksPermission says which settings forbid users to have user namespaces.
func (h *host) lacksPermission() (all []Problem) {
	for _, s := range []struct{ path, bad, what, fix string }{
		{"/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0",
			"as root: sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0", "as root: sysctl -w user.max_user_namespaces=15000"},
	} {
		if h.setting(s.path) == s.bad {
			all = append(all, Problem{s.what, "users may make no user namespaces, and root's files are not this user's", s.fix})
		}
	}
	profile := h.setting("/proc/self/attr/apparmor/current")
	if h.setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" && (profile == "" || profile == "unconfined") {
		all = append(all, Problem{"kernel.apparmor_restrict_unprivileged_userns is 1",
			"AppArmor lets a program have user namespaces only by a profile that says so, and this one has none",
			"as root, give it one: printf 'abi <abi/4.0>,\\nprofile ingot /**/ingot flags=(unconfined) { userns, }\\n' >/etc/apparmor.d/ingot && " +
				"apparmor_parser -r /etc/apparmor.d/ingot; or for all programs: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"})
	}
	return all
}

// reason is an error without the path that is said already.
func reason(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// lacksForSudo says why sudo does not help, nil if it does.
func (h *host) lacksForSudo(ctx context.Context) *Problem {
	if _, err := h.find(sudoProgram); err != nil {
		return &Problem{"nor is there sudo, to run containers as root", "",
			"install it, and let this user use it without a password; or run ingot as root"}
	}
	if said := h.run(ctx, sudoProgram, "-n", "true"); said != "" {
		said, _, _ = strings.Cut(said, "\n")
		return &Problem{"nor does sudo run programs as root without asking: " + said, "a build asks for no password",
			"let this user use sudo without one (NOPASSWD, see sudoers(5)); or run ingot as root"}
	}
	return nil
}
