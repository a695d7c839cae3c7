package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// mounted is a file system of the disk where the supervisor has it.
type mounted struct {
	region
	at    string // of the supervisor
	guest string // of the guest: "/", "/boot/efi"

	anyFile string // with fuse: a file below at that may be opened for writing
}

// mountAll mounts the root file system and those that its fstab names, as far as they are on this disk.
func (s *supervisor) mountAll(ctx context.Context, disk *os.File) error {
	all, err := regions(disk)
	if err != nil {
		return err
	}
	if s.spec.Grow > 0 {
		if err := growPartition(disk, all); err != nil {
			return err
		}
	}
	root, err := s.mountRoot(ctx, disk, all)
	if err != nil {
		return err
	}
	s.files.add(root)
	if err := bootable(rootMount); err != nil {
		return err
	}
	return s.mountOthers(ctx, disk, all, root)
}

// mountRoot finds the root file system, which is the one with /etc in it, and mounts it at rootMount. This is the one place that decides
// how a file system of the disk gets mounted.
func (s *supervisor) mountRoot(ctx context.Context, disk *os.File, all []region) (mounted, error) {
	var seen []string
	var why error
	candidates := slices.Clone(all)
	slices.SortStableFunc(candidates, func(a, b region) int { return int(min(max(b.size-a.size, -1), 1)) }) // most likely the largest
	for _, r := range candidates {
		seen = append(seen, fmt.Sprintf("%s: %s", r.name, r.kind))
		if !mountable[r.kind] || r.kind == "vfat" {
			continue
		}
		if err := s.mountLoop(ctx, disk, &r, rootMount, s.spec.Grow > 0 && isLast(r, all)); err != nil {
			why = errors.Join(why, err)
			continue
		}
		if info, err := os.Lstat(filepath.Join(rootMount, "etc")); err == nil && info.IsDir() {
			return s.newMounted(r, rootMount, "/")
		}
		if err := unix.Unmount(rootMount, 0); err != nil {
			return mounted{}, fmt.Errorf("unmount %s: %w", r.name, err)
		}
		if r.fuse != nil {
			if err := r.closed(); err != nil {
				return mounted{}, err
			}
		}
	}
	slices.Sort(seen)
	if why != nil {
		return mounted{}, fmt.Errorf("the disk's root file system cannot be mounted: %w", why)
	}
	return mounted{}, fmt.Errorf("no root file system is on the disk (%s)\n  why:  ext4, XFS and Btrfs are looked into, without LVM and encryption, for a folder /etc\n"+
		"  fix:  build this image in the VM", strings.Join(seen, "; "))
}

// mountLoop mounts a region by a loop device, and grows its file system before if that is wanted.
func (s *supervisor) mountLoop(ctx context.Context, disk *os.File, r *region, at string, grow bool) error {
	if err := r.plausible(disk); err != nil {
		return err
	}
	if s.inner.User {
		return s.mountFUSE(ctx, r, at, grow)
	}
	device, err := r.attach(disk, s.spec.Name)
	if err != nil {
		return err
	}
	defer device.Close()
	if grow {
		if err := growBefore(ctx, *r); err != nil {
			return err
		}
	}
	// No device node on the disk means one of this host. Set-user-ID bits stay: they count in the guest's user namespace.
	err = unix.Mount(r.device, at, r.kind, unix.MS_NODEV|unix.MS_RELATIME, mountOptions[r.kind])
	switch {
	case errors.Is(err, unix.ENODEV):
		return fmt.Errorf("this kernel knows no %s, which is in %s of the disk: %w\n  fix:  modprobe %s", r.kind, r.name, err, r.kind)
	case err != nil:
		return fmt.Errorf("mount the %s in %s of the disk: %w%s", r.kind, r.name, mayNot(err), damageHint(err))
	}
	if grow {
		return growAfter(*r, at)
	}
	return nil
}

var mountOptions = map[string]string{
	"ext4": "errors=remount-ro,noinit_itable", // after an error nothing more goes wrong with it; no writing that nobody asked for
	"xfs":  "nouuid",                          // the same base disk may be mounted for another container
	"vfat": "utf8,umask=0077",
}

// damageHint explains what the kernel means by its numbers.
func damageHint(err error) string {
	for _, damage := range []error{unix.EINVAL, unix.EUCLEAN, unix.EBADMSG, unix.EIO, unix.ENOTSUP} {
		if errors.Is(err, damage) {
			return "\n  why:  it is damaged, or of a kind that this kernel is too old for\n  fix:  check it (e2fsck, xfs_repair, btrfs check), or build this image in the VM"
		}
	}
	return ""
}

// bootable refuses a root file system without systemd.
func bootable(root string) error {
	for _, init := range []string{"usr/lib/systemd/systemd", "lib/systemd/systemd"} {
		fd, err := openIn(root, init, unix.O_PATH)
		if err == nil {
			return unix.Close(fd)
		}
	}
	return errors.New("the disk has no systemd\n  why:  the container is booted, and taken down in good order, by its own\n  fix:  build this image in the VM")
}

// openIn opens a path below root as a process with that root would: no link of the disk leads out of it.
func openIn(root, path string, flags uint64) (int, error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(dir)
	if flags&unix.O_PATH == 0 {
		flags |= unix.O_NONBLOCK // a path alone opens nothing that could wait, and takes no such flag
	}
	return unix.Openat2(dir, path, &unix.OpenHow{Flags: flags | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV})
}
