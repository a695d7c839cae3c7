// Package container runs a Linux disk as a container on this host: its own systemd as init, at native speed, on the host's kernel.
//
// The root file system of the container is that of the disk itself, a qcow2 over what it is backed by. qemu-storage-daemon shows the
// qcow2 as a raw file by FUSE, a loop device is put on the root partition in it, and systemd-nspawn boots from there in user, PID,
// network, IPC, UTS and cgroup namespaces of its own. So the disk that comes out is the same file that a VM would have written, and a
// layer is taken as from a VM: by QMP's blockdev-snapshot, while Freeze holds the file system still.
//
// All of it is below one process, the supervisor: this very program, run again (see RunIfSupervisor) as the first process of a PID
// namespace and with a mount namespace of its own. When it dies, in whatever way, the kernel ends everything below it and takes the
// mounts and loop devices with them. What can be left are empty cgroups (see Remove) and the files in Spec.Dir.
//
// A file system is mounted by the kernel of this host, which has to understand what is on the disk. The disk of an untrusted maker is
// better run in a VM: a damaged file system is refused, but the kernel's drivers are not made to withstand one that was crafted.
package container

import (
	"fmt"
	"path/filepath"
	"regexp"
)

// Names of files in Spec.Dir.
const (
	monitorFile = "qmp.sock"       // of the storage daemon, for who made the container
	ownMonitor  = "supervisor.qmp" // the same, for the supervisor
	consoleFile = "console.log"    // what the guest says on its console
	logFile     = "container.log"  // what the programs that run it say
	rawFile     = "disk.raw"       // empty; the storage daemon, in mounts of its own, has the disk's bytes there
)

// SeedMount is where the guest finds Spec.Seed.
const SeedMount = "/run/ingot-seed"

// DiskNode is the storage daemon's name of Spec.Disk.
const DiskNode = "disk"

// Spec is what a container is made of.
type Spec struct {
	Name       string   // in the supervisor's arguments, so that a process left behind is found by it; of its cgroup
	Dir        string   // absolute: sockets, console.log, container.log
	Disk       string   // name in Dir of the qcow2 it writes to; its backing chain is named by absolute paths
	Grow       int64    // bytes the disk has more than its partitions use: root partition and file system are grown at start; 0: not
	Seed       string   // folder of plain files shown read-only at SeedMount, to the guest's root alone; "" none
	Parameters []string // of init
	GoesOn     bool     // the disk is of a guest that ran: what it left in /tmp is kept at its first start, as it is not when it starts again
	Hostname   string

	CPUs, MemoryMiB, Tasks int // what the guest may use; 0: all

	Port          int    // of 127.0.0.1 that leads to the guest's 22; 0: a free one
	MetadataRelay string // command run for each connection to 169.254.169.254:80, which is its stdin and stdout; in Dir; "": nobody answers
	Stays         bool   // goes on when this process dies (a kept machine); else it dies with it, in whatever way that dies
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,59}$`)

func (s *Spec) check() error {
	switch {
	case !namePattern.MatchString(s.Name):
		return fmt.Errorf("container name %q is none: small letters, digits and hyphens, at most 60", s.Name)
	case !filepath.IsAbs(s.Dir):
		return fmt.Errorf("folder %q of container %s is not absolute", s.Dir, s.Name)
	case s.Disk == "" || filepath.Base(s.Disk) != s.Disk:
		return fmt.Errorf("disk %q of container %s is no name of a file in its folder", s.Disk, s.Name)
	case s.Grow < 0 || s.CPUs < 0 || s.MemoryMiB < 0 || s.Tasks < 0 || s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("container %s: sizes, limits and port are not below 0, and a port is not above 65535", s.Name)
	}
	return nil
}
