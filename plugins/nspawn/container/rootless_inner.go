package container

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The ids of the supervisor's user namespace, where it has one: those of the guest, and behind them the one of who runs Ingot. The
// supervisor is root there, and root of the guest in one. What it may do to the user's files, the guest may not: that gets a user
// namespace of its own in this one, without the last id.
const (
	guestIDs = rangeSize
	ownerID  = guestIDs
)

// order is the first thing that the supervisor is told.
type order struct {
	Spec
	Inner inner `json:"inner"`
}

// inner is what the supervisor has to know of how it was started.
type inner struct {
	User  bool     `json:"user,omitempty"`  // it is root in a user namespace, and mounts by fuse2fs
	Try   *trial   `json:"try,omitempty"`   // with User: it is no container's
	Two   string   `json:"two,omitempty"`   // with User: the guest's cgroup
	One   []string `json:"one,omitempty"`   // with User: the files by which it joins groups of the first version
	Owner *owner   `json:"owner,omitempty"` // whose what it makes in Spec.Dir is to be; nil: its own
}

// owner is a user as the supervisor sees it.
type owner struct{ UID, GID int }

// open takes over the cgroups that were made for the guest.
func (i *inner) open() (_ *groups, err error) {
	g := &groups{}
	if g.two, err = os.Open(i.Two); err != nil {
		return nil, fmt.Errorf("open the guest's cgroup: %w", err)
	}
	for _, path := range i.One {
		tasks, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("open the guest's cgroup: %w", err)
		}
		g.one = append(g.one, tasks)
	}
	return g, nil
}

// give makes files in Spec.Dir those of who runs Ingot.
func (i *inner) give(names ...string) error {
	if i.Owner == nil {
		return nil
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, os.Lchown(name, i.Owner.UID, i.Owner.GID))
	}
	return errors.Join(errs...)
}

// ownGroups mounts the second version of cgroups as the supervisor's own cgroup namespace has it. Then the guest's cgroup is found below.
func ownGroups() error {
	if err := unix.Mount("cgroup2", cgroupRoot, "cgroup2", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount cgroup2 on %s: %w", cgroupRoot, mayNot(err))
	}
	return nil
}

// enterGroups gives the guest's cgroups, which where the supervisor is in a user namespace were made for it; there, it enters Spec.Dir too.
func (s *supervisor) enterGroups() (*groups, error) {
	if !s.inner.User {
		return makeGroups(s.spec, s.note)
	}
	if err := os.Chdir(s.spec.Dir); err != nil {
		return nil, err
	}
	g, err := s.inner.open()
	if err == nil {
		s.files.group = g.two
	}
	return g, err
}

// base is the supervisor's number of the guest's root.
func (i *inner) base(name string) int {
	if i.User {
		return 0
	}
	return idBase(name)
}

// userArgs are nspawn's arguments about users. Root in the guest is nobody on this host, and on the disk 0.
func (i *inner) userArgs(s Spec) []string {
	if i.User { // fuse2fs is in this user namespace too, so that its 0 is that of the disk; the guest's is a part of it
		return []string{"--private-users=identity"}
	}
	return []string{fmt.Sprintf("--private-users=%d:%d", idBase(s.Name), rangeSize), "--private-users-ownership=map", "--oom-score-adjust=0"}
}

// bindOption is what a file system beside the root is bound with.
func (i *inner) bindOption() string {
	if i.User {
		return ""
	}
	return ":idmap"
}

// newMounted is a file system that is mounted.
func (s *supervisor) newMounted(r region, at, guest string) (mounted, error) {
	m := mounted{region: r, at: at, guest: guest}
	if m.fuse == nil {
		return m, nil
	}
	if err := m.findFile(); err != nil {
		return m, fmt.Errorf("find a file in %s of the disk that can be synced: %w", r.name, err)
	}
	return m, nil
}
