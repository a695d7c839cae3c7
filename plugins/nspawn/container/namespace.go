package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Where the supervisor keeps what nobody else sees: on its own /run.
const (
	ownFolder  = "/run/ingot"
	diskMount  = ownFolder + "/disk.raw" // leads to the disk's bytes
	rootMount  = ownFolder + "/root"
	seedFolder = ownFolder + "/seed"
	notifyPath = ownFolder + "/notify"
)

const cgroupRoot = "/sys/fs/cgroup"

// privateMounts makes what is mounted from now on the supervisor's own, with a /proc of its PID namespace, and for nspawn, which asks no
// more than what is mounted there, only the second version of cgroups.
func privateMounts(user bool) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", mayNot(err))
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount a /proc of its own: %w", mayNot(err))
	}
	if user {
		return ownGroups()
	}
	if pureCgroup2() {
		return nil
	}
	if err := unix.Mount("cgroup2", cgroupRoot, "cgroup2", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount cgroup2 on %s: %w", cgroupRoot, mayNot(err))
	}
	return nil
}

// pureCgroup2 tells whether the host has the second version of cgroups in the place, and nothing of the first.
func pureCgroup2() bool {
	var at unix.Statfs_t
	return unix.Statfs(cgroupRoot, &at) == nil && at.Type == unix.CGROUP2_SUPER_MAGIC
}

// privateRun covers /run, where nspawn keeps its state and the host's services their sockets. The folder where a link from
// /etc/resolv.conf leads to stays: slirp4netns answers the guest's questions for names by it.
func privateRun() error {
	var resolver string
	folder := -1
	if at, err := filepath.EvalSymlinks("/etc/resolv.conf"); err == nil && strings.HasPrefix(at, "/run/") {
		resolver = filepath.Dir(at)
		if folder, err = unix.Open(resolver, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
			return fmt.Errorf("open %s: %w", resolver, err)
		}
		defer unix.Close(folder)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount a tmpfs on /run: %w", mayNot(err))
	}
	if folder >= 0 && resolver != "/run" {
		if err := os.MkdirAll(resolver, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", folder), resolver, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("keep %s: %w", resolver, err)
		}
	}
	for _, folder := range []string{rootMount, seedFolder} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// mayNot adds what a refusal to mount means.
func mayNot(err error) error {
	if err != unix.EPERM && err != unix.EACCES {
		return err
	}
	return fmt.Errorf("%w\n  why:  this process may not mount, root or not: an outer container or a security module forbids it\n"+
		"  fix:  run it in a privileged container, or outside of one; see: ingot doctor", err)
}
