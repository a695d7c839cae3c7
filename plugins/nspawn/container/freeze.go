package container

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Of ioctl_fsfreeze(2).
const (
	ioctlFreeze = 0xc0045877
	ioctlThaw   = 0xc0045878
)

// thawBound is how long file systems stay frozen when nobody thaws them.
const thawBound = 30 * time.Second

// errThawed is what a Thaw finds that came too late.
var errThawed = errors.New("they were not frozen any more: they are thawed after " + thawBound.String())

// fileSystems are those of the disk, the root first.
type fileSystems struct {
	mu     sync.Mutex
	all    []mounted
	frozen []mounted
	timer  *time.Timer
	lost   error // something that the guest wrote did not get to its disk: the kernel says so once

	group  *os.File // with fuse2fs: the guest's cgroup
	held   bool     // with fuse2fs: instead of frozen
	stills []*still
}

func (f *fileSystems) add(m mounted) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, m)
}

// others gives those beside the root.
func (f *fileSystems) others() []mounted {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.all[1:])
}

// freeze freezes all, or after an error none.
func (f *fileSystems) freeze() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.frozen) > 0 || f.held {
		return errors.New("they are frozen already")
	}
	if f.group != nil {
		if err := f.holdStill(); err != nil {
			return err
		}
		f.timer = time.AfterFunc(thawBound, f.thawAll)
		return nil
	}
	for _, m := range slices.Backward(f.all) { // the root last: it is what is written to most
		if err := f.writeAll(m); err != nil {
			_ = f.thawLocked()
			return err
		}
		if err := control(m.at, ioctlFreeze); err != nil {
			_ = f.thawLocked()
			return fmt.Errorf("freeze %s: %w%s", m.guest, err, ioHint(err))
		}
		f.frozen = append(f.frozen, m)
	}
	f.timer = time.AfterFunc(thawBound, f.thawAll)
	return nil
}

// thaw is an error when nothing is frozen.
func (f *fileSystems) thaw() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.frozen) == 0 && !f.held {
		return errThawed
	}
	return f.thawLocked()
}

// thawAll thaws what is frozen, if anything is.
func (f *fileSystems) thawAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.thawLocked()
}

func (f *fileSystems) thawLocked() error {
	if f.timer != nil {
		f.timer.Stop()
	}
	if f.held {
		return f.letGo()
	}
	var errs []error
	for _, m := range f.frozen {
		if err := control(m.at, ioctlThaw); err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: it is not frozen
			errs = append(errs, fmt.Errorf("thaw %s: %w", m.guest, err))
		}
	}
	f.frozen = nil
	return errors.Join(errs...)
}

// unmount unmounts all, which writes what is not written yet, and waits until the loop devices are free.
func (f *fileSystems) unmount() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.thawLocked()
	for _, m := range slices.Backward(f.all) {
		trim(m.at)
		if err := f.writeAll(m); err != nil {
			return err
		}
		if err := unix.Unmount(m.at, unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", m.guest, err)
		}
		if m.fuse != nil {
			if err := m.closed(); err != nil {
				return err
			}
			continue
		}
		if err := released(m.device, endPatience); err != nil {
			return err
		}
	}
	f.all = nil
	return nil
}

// writeAll writes what is not written yet. After an error, nothing that is on the disk counts any more: a file system that does not get all
// to its disk may be read-only from then on, and freeze without a word.
func (f *fileSystems) writeAll(m mounted) error {
	if err := syncFS(m.at); err != nil && f.lost == nil {
		f.lost = fmt.Errorf("write the rest of %s: %w%s", m.guest, err, ioHint(err))
	}
	return f.lost
}

func control(at string, request uint) error {
	fd, err := unix.Open(at, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.IoctlSetInt(fd, request, 0)
}

func syncFS(at string) error {
	fd, err := unix.Open(at, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Syncfs(fd)
}

// ioHint says where an error of the guest's disk comes from.
func ioHint(err error) string {
	if errors.Is(err, unix.EIO) || errors.Is(err, unix.EROFS) || errors.Is(err, unix.ENOSPC) {
		return "\n  why:  what the guest wrote does not get into its disk file\n  fix:  see whether the file system with the build's folder is full: df"
	}
	return ""
}
