package container

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// userDevices are those that the programs below a supervisor open, whoever they are of.
var userDevices = []string{"/dev/fuse", "/dev/net/tun"}

// worldMay are the permissions by which root of a user namespace, who is nobody here, may open a device.
const worldMay = 0o006

// openDevices gives the calling thread a mount namespace in which all may open the devices: root may hand out what is root's own. The
// thread has to be locked, and to end.
func openDevices() error {
	var closed []string
	for _, path := range userDevices {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode()&worldMay != worldMay {
			closed = append(closed, path)
		}
	}
	if closed == nil {
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", mayNot(err))
	}
	// Over a folder that nothing of this needs; what is below it is not seen in this namespace for the moment.
	const folder = "/dev/shm"
	if err := unix.Mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NOEXEC, "mode=755"); err != nil {
		return fmt.Errorf("mount a tmpfs on %s: %w", folder, mayNot(err))
	}
	for _, path := range closed {
		var stat unix.Stat_t
		if err := unix.Stat(path, &stat); err != nil {
			return err
		}
		node := filepath.Join(folder, filepath.Base(path))
		if err := unix.Mknod(node, unix.S_IFCHR|0o600, int(stat.Rdev)); err != nil {
			return fmt.Errorf("make a node for %s: %w", path, err)
		}
		if err := os.Chmod(node, 0o666); err != nil {
			return err
		}
		if err := unix.Mount(node, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s: %w", path, mayNot(err))
		}
	}
	return unix.Unmount(folder, unix.MNT_DETACH)
}
