package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	fuse2fsProgram  = "fuse2fs"
	fuse2fsPatience = 30 * time.Second // for it to mount: 50 ms on an idle host
	mountPoll       = 2 * time.Millisecond
)

// fuse2fsOptions are those that make of its mount one that a system can be booted from.
//
//   - The kernel checks permissions (default_permissions), and fuse2fs none beside it (fakeroot): its own refuse who makes a file that is
//     read-only from the start, as git does.
//   - What the kernel remembers of names holds, since all changes come through it. What it remembers of a file (attr_timeout, in
//     seconds) may be old where the file has a second name, by which it was changed; what it has read is forgotten then (auto_cache).
var fuse2fsOptions = []string{"rw", "no_default_opts", "allow_other", "default_permissions", "fakeroot", "suid", "nodev", "use_ino",
	"attr_timeout=1", "entry_timeout=60", "auto_cache", "big_writes", "subtype=ext4", "fsname=root"}

// mountFUSE mounts a region without a loop device, by fuse2fs. That writes to no journal: a journal is replayed before, and what is wrong
// after a power cut is mended.
func (s *supervisor) mountFUSE(ctx context.Context, r *region, at string, grow bool) error {
	if r.kind != "ext4" {
		return fmt.Errorf("%s of the disk is %s, and without loop devices only ext4 can be mounted, by %s\n"+
			"  fix:  run it as root where there are loop devices, or build this image in the VM", r.name, r.kind, fuse2fsProgram)
	}
	disk := fmt.Sprintf("%s?offset=%d", diskMount, r.start)
	check := []string{"-p", disk}
	if grow {
		check = []string{"-f", "-p", disk} // resize2fs wants it
	}
	out, err := exec.CommandContext(ctx, "e2fsck", check...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) { // 1: it corrected something
		return fmt.Errorf("check the file system in %s: e2fsck: %w: %s", r.name, err, strings.TrimSpace(string(out)))
	}
	if grow {
		out, err := exec.CommandContext(ctx, "resize2fs", disk, strconv.FormatInt(r.size/1024, 10)+"K").CombinedOutput()
		if err != nil {
			return fmt.Errorf("grow the file system in %s: resize2fs: %w: %s", r.name, err, strings.TrimSpace(string(out)))
		}
	}
	options := append([]string{fmt.Sprintf("offset=%d", r.start)}, fuse2fsOptions...)
	r.fuse, err = start(fuse2fsProgram, exec.Command(fuse2fsProgram, "-f", "-s", "-o", strings.Join(options, ","), diskMount, at), nil)
	if err != nil {
		return err
	}
	if err := r.mountedBy(ctx, at); err != nil {
		return err
	}
	// With fakeroot comes nosuid; sudo is wanted, and the bits count in this user namespace alone.
	if err := unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_NODEV|unix.MS_RELATIME, ""); err != nil {
		return fmt.Errorf("mount the ext4 in %s of the disk: %w", r.name, mayNot(err))
	}
	return nil
}

// mountedBy waits until fuse2fs serves.
func (r *region) mountedBy(ctx context.Context, at string) error {
	var before unix.Stat_t
	if err := unix.Stat(at+"/..", &before); err != nil {
		return err
	}
	for deadline := time.Now().Add(fuse2fsPatience); ; {
		var now unix.Stat_t
		if err := unix.Stat(at, &now); err == nil && now.Dev != before.Dev {
			return nil
		}
		select {
		case <-r.fuse.done:
			return fmt.Errorf("mount the ext4 in %s of the disk: %w", r.name, r.fuse.endError())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(mountPoll):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("mount the ext4 in %s of the disk: %s does not within %s", r.name, fuse2fsProgram, fuse2fsPatience)
		}
	}
}

// closed waits until fuse2fs, whose mount is gone, has written what it held back.
func (r *region) closed() error {
	if !r.fuse.within(endPatience) {
		r.fuse.stop()
		return fmt.Errorf("%s did not close %s within %s and was killed", fuse2fsProgram, r.name, endPatience)
	}
	if r.fuse.result != nil {
		return r.fuse.endError()
	}
	return nil
}

// flush has fuse2fs write all that it knows, and gives the file by which it did: the kernel hands fuse2fs no sync of a whole file system,
// so it is asked for that of one file, at which it writes everything. When the file is closed, it writes once more.
func (m *mounted) flush() (*os.File, error) {
	fd, err := openIn(m.at, m.anyFile, unix.O_WRONLY)
	if err != nil {
		return nil, fmt.Errorf("open %s of the disk: %w", m.anyFile, err)
	}
	file := os.NewFile(uintptr(fd), m.anyFile)
	for _, do := range []func() error{m.idle, file.Sync, m.idle} {
		if err := do(); err != nil {
			return file, err
		}
	}
	return file, nil
}

// idle waits until nobody asks fuse2fs for anything. It has one thread, which reads then: the kernel tells of a file that was closed
// without waiting for an answer.
func (m *mounted) idle() error {
	wanted := strconv.Itoa(unix.SYS_READ) + " "
	for deadline := time.Now().Add(fuse2fsPatience); ; time.Sleep(mountPoll) {
		call, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", m.fuse.pid))
		if err != nil {
			return fmt.Errorf("see what %s does: %w", fuse2fsProgram, err)
		}
		if strings.HasPrefix(string(call), wanted) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is busy for %s", fuse2fsProgram, fuse2fsPatience)
		}
	}
}

// written tells how much fuse2fs has written, answers included, since it was started.
func (m *mounted) written() (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", m.fuse.pid))
	if err != nil {
		return "", fmt.Errorf("see what %s does: %w", fuse2fsProgram, err)
	}
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(line, "wchar: "); ok {
			return count, nil
		}
	}
	return "", fmt.Errorf("see what %s does: the kernel does not count it", fuse2fsProgram)
}

// findFile finds a file of the disk that flush can open.
func (m *mounted) findFile() error {
	for _, name := range []string{"usr/lib/os-release", "etc/os-release", "etc/passwd"} {
		var stat unix.Stat_t
		if fd, err := openIn(m.at, name, unix.O_PATH); err == nil {
			err = errors.Join(unix.Fstat(fd, &stat), unix.Close(fd))
			if err == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG {
				m.anyFile = name
				return nil
			}
		}
	}
	return os.ErrNotExist
}
