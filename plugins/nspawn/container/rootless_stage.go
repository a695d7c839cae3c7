package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A supervisor in a user namespace starts in two stages. In the first one it is nobody there yet, and waits until who made it has given the
// namespace its ids, which only programs outside of it may. Then it becomes its root, and runs itself again, to be it wholly.
const firstStage = "waits-for-its-ids"

// stageCapabilities outlast the first exec, at which it is nobody: to become root, to have a cgroup namespace, and to run this program,
// which may be the user's own.
var stageCapabilities = []uintptr{unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SYS_ADMIN, unix.CAP_DAC_OVERRIDE}

// stage is the first one. It returns an error, or never.
func stage(name string) error {
	runtime.LockOSThread() // the namespace is the thread's, and goes with it through exec
	link := os.NewFile(linkFD, "maker")
	mark := make([]byte, 1)
	for _, do := range []func() error{
		func() error { return errors.Join(unix.Setresgid(0, 0, 0), unix.Setresuid(0, 0, 0)) },
		func() error { return unix.Unshare(unix.CLONE_NEWCGROUP) },
	} {
		if _, err := io.ReadFull(link, mark); err != nil {
			return err
		}
		if err := do(); err != nil {
			return fmt.Errorf("become root of a user namespace: %w", err)
		}
		if _, err := link.Write(mark); err != nil {
			return err
		}
	}
	if _, err := unix.FcntlInt(linkFD, unix.F_SETFD, 0); err != nil {
		return err
	}
	return unix.Exec("/proc/self/exe", []string{supervisorName, name}, os.Environ())
}
