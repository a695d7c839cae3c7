// Package apart runs a program in a network of its own, which has nothing but a loopback interface: whatever goes wrong in it, no
// request leaves this machine, and all ports are free.
package apart

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// variable is set in the environment of the program that runs apart.
const variable = "INGOT_PROOF_APART"

// Enter starts this program again, apart, with the same arguments, and gives the exit code that it ended with. In the program that was
// started so, over is false, and the caller goes on. So it does where the kernel refuses: err says why, and the network is the
// machine's own.
func Enter() (code int, over bool, err error) {
	if os.Getenv(variable) != "" {
		return 0, false, loopback()
	}
	self, err := os.Executable()
	if err != nil {
		return 0, false, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), variable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if os.Getuid() == 0 { // who is root needs no other users, and keeps all of them
		cmd.SysProcAttr.Cloneflags, cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = syscall.CLONE_NEWNET, nil, nil
	}
	runtime.LockOSThread() // Pdeathsig is about the thread that started it
	if err := cmd.Start(); err != nil {
		return 0, false, fmt.Errorf("no network apart from this machine's: %w", err)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		for s := range signals {
			if s != os.Interrupt { // a terminal tells both
				_ = cmd.Process.Signal(s)
			}
		}
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 1, true, err
	}
	return max(cmd.ProcessState.ExitCode(), -1) & 0xff, true, nil
}

// loopback turns the loopback interface on, which a new network has off.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return fmt.Errorf("look at the loopback interface: %w", err)
	}
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("turn the loopback interface on: %w", err)
	}
	return nil
}
