package container

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	loopTries = 32 // other programs may take the device that was free a moment ago
	loopMajor = 7
)

// attach puts a loop device on a region of the disk, and gives its path. The kernel takes the device away when nobody has it mounted or
// open any more, in whatever way that came; keep it open until it is mounted.
func (r *region) attach(disk *os.File, name string) (*os.File, error) {
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("%w\n  why:  loop devices show a part of a disk as a device of its own\n  fix:  modprobe loop; in a container, hand it /dev/loop-control", err)
	}
	defer control.Close()
	config := unix.LoopConfig{Fd: uint32(disk.Fd()), Size: sector, Info: unix.LoopInfo64{
		Offset: uint64(r.start), Sizelimit: uint64(r.size), Flags: unix.LO_FLAGS_AUTOCLEAR}}
	copy(config.Info.File_name[:len(config.Info.File_name)-1], name)
	for range loopTries {
		var free int
		if free, err = unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE); err != nil {
			return nil, fmt.Errorf("get a loop device: %w", err)
		}
		var device *os.File
		if device, err = openLoop(free); err != nil {
			return nil, fmt.Errorf("open a loop device: %w", err)
		}
		if err = unix.IoctlLoopConfigure(int(device.Fd()), &config); err == nil {
			r.device = device.Name()
			return device, nil
		}
		device.Close()
		if !errors.Is(err, unix.EBUSY) {
			return nil, fmt.Errorf("put a loop device on %s: %w", r.name, err)
		}
	}
	return nil, fmt.Errorf("put a loop device on %s: %w", r.name, err)
}

// openLoop opens a loop device, whose node is missing in a container that was given only the control device.
func openLoop(number int) (*os.File, error) {
	device, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", number), os.O_RDWR, 0)
	if !errors.Is(err, os.ErrNotExist) {
		return device, err
	}
	// /run of the supervisor has nodev; nothing but this folder needs devices.
	folder := ownFolder + "/dev"
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	path := fmt.Sprintf("%s/loop%d", folder, number)
	if _, err := os.Lstat(path); err != nil {
		if err := unix.Mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID, "mode=700"); err != nil {
			return nil, err
		}
		if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(loopMajor, uint32(number)))); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_RDWR, 0)
}

// released waits until nothing holds the loop device: after the last unmount the kernel still writes.
func released(device string, limit time.Duration) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(2 * time.Millisecond) {
		f, err := os.OpenFile(device, os.O_RDONLY|unix.O_EXCL, 0) // refused while it is mounted
		if err == nil {
			f.Close()
			return nil
		}
		if errors.Is(err, unix.ENXIO) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("loop device %s is still in use after %s: %w", device, limit, err)
		}
	}
}
