package gallery

import (
	"os"

	"golang.org/x/sys/unix"
)

// QEMU marks an image that it has open by locks on single bytes: from 100 on for what it does, from 200 on for what it lets
// others do (block/file-posix.c). Nothing is written there.
const (
	qemuLockFirst = 100
	qemuLockEnd   = 300
)

// inUse reports whether a QEMU or qemu-img process has the disk at path open, also as a backing file. A disk of which another
// hard link is open counts too.
func inUse(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	probe := unix.Flock_t{Type: unix.F_WRLCK, Start: qemuLockFirst, Len: qemuLockEnd - qemuLockFirst}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &probe); err != nil {
		return false, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return probe.Type != unix.F_UNLCK, nil
}
