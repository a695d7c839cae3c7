package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// loopsOf gives the loop devices that containers of a name have, and those of dead containers of any name: when the storage daemon is gone,
// the kernel tells no name any more, and they are of use to nobody.
func loopsOf(name string) ([]string, error) {
	bound, err := filepath.Glob("/sys/block/loop*/loop")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, folder := range bound {
		path := filepath.Join("/dev", filepath.Base(filepath.Dir(folder)))
		device, err := os.Open(path)
		if err != nil {
			continue // of somebody else's /dev
		}
		status, err := unix.IoctlLoopGetStatus64(int(device.Fd()))
		device.Close()
		if err == nil && unix.ByteSliceToString(status.File_name[:]) == name || errors.Is(err, unix.ENOTCONN) {
			all = append(all, path)
		}
	}
	return all, nil
}

// thawLeft thaws what a supervisor that was killed left frozen. The kernel keeps such a file system when its last mount is gone, and what
// waits to write to it does not even end by SIGKILL.
func thawLeft(name string) error {
	loops, err := loopsOf(name)
	if err != nil || len(loops) == 0 {
		return err
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // its mounts are its own, and end with it
		result <- thawLoops(loops)
	}()
	return <-result
}

// thawLoops mounts each device once more, since only who has a file system mounted can thaw it.
func thawLoops(loops []string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	const at = "/run"
	var errs []error
	for _, device := range loops {
		err := unix.ENODEV
		for kind := range mountable {
			// Only a file system that is mounted in the same way is found again.
			if e, _ := unix.Mount(device, at, kind, unix.MS_NODEV|unix.MS_RELATIME, mountOptions[kind]).(unix.Errno); e == 0 {
				err = 0
				break
			}
		}
		if err != 0 {
			continue // it is not frozen, and goes by itself
		}
		if err := control(at, ioctlThaw); err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: it is not frozen
			errs = append(errs, fmt.Errorf("thaw %s: %w", device, err))
		}
		errs = append(errs, unix.Unmount(at, unix.MNT_DETACH))
	}
	return errors.Join(errs...)
}
