package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
	"golang.org/x/sys/unix"
)

const (
	storageProgram  = "qemu-storage-daemon"
	monitorPatience = 20 * time.Second // for the daemon to open its disks and its sockets; 30 ms on an idle host
	monitorPoll     = 5 * time.Millisecond
)

// storage is the daemon that knows what a qcow2 is.
type storage struct {
	*child
	monitor *qmp.SocketMonitor
}

// startStorage has the daemon open the disk. It stands in Spec.Dir, so that sockets and disks are named shortly.
func (s *supervisor) startStorage(ctx context.Context) (*storage, error) {
	for _, name := range []string{monitorFile, ownMonitor} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	// no-flush as in the VM: the disk of a build that was cut off is thrown away.
	file := map[string]any{"driver": "file", "node-name": "disk-file", "filename": s.spec.Disk, "discard": "unmap", "cache": noFlush}
	disk := map[string]any{"driver": "qcow2", "node-name": DiskNode, "file": "disk-file", "discard": "unmap",
		"detect-zeroes": "unmap", "cache": noFlush}
	args := []string{
		"--chardev", "socket,id=maker,path=" + monitorFile + ",server=on,wait=off", "--monitor", "chardev=maker",
		"--chardev", "socket,id=own,path=" + ownMonitor + ",server=on,wait=off", "--monitor", "chardev=own",
	}
	for _, node := range []map[string]any{file, disk} {
		text, err := json.Marshal(node)
		if err != nil {
			return nil, err
		}
		args = append(args, "--blockdev", string(text))
	}
	cmd := exec.Command(storageProgram, args...)
	// Its mounts are its own, and none of the disk's file systems is among them. Were it the last process, killed with all the others, to
	// hold such a mount, it would in its own end wait for ever for what it alone can write.
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	daemon, err := start(storageProgram, cmd, nil)
	if err != nil {
		return nil, err
	}
	st := &storage{child: daemon}
	if err := st.connect(ctx); err != nil {
		return st, err
	}
	return st, s.inner.give(monitorFile, ownMonitor)
}

var noFlush = map[string]bool{"no-flush": true}

// connect waits until the daemon answers.
func (st *storage) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, monitorPatience, fmt.Errorf("%s does not answer within %s", storageProgram, monitorPatience))
	defer cancel()
	for {
		monitor, err := qmp.NewSocketMonitor("unix", ownMonitor, monitorPatience)
		if err == nil {
			st.monitor = monitor
			if err = monitor.Connect(); err != nil {
				return fmt.Errorf("connect to %s: %w", storageProgram, err)
			}
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ECONNREFUSED) {
			return fmt.Errorf("connect to %s: %w", storageProgram, err)
		}
		select {
		case <-st.done:
			return st.endError()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(monitorPoll):
		}
	}
}

// export shows the disk as a file of raw bytes, which only the daemon's own mounts have in them. Close it before quit.
func (st *storage) export(ctx context.Context) (*os.File, error) {
	if err := os.WriteFile(rawFile, nil, 0o600); err != nil { // a file is mounted on a file
		return nil, err
	}
	err := st.run(ctx, "block-export-add", map[string]any{"type": "fuse", "id": "raw", "node-name": DiskNode,
		"mountpoint": rawFile, "writable": true})
	if err != nil {
		return nil, fmt.Errorf("show the disk as a file: %w\n  why:  %s does it by FUSE\n"+
			"  fix:  have /dev/fuse, and a %s that was built with FUSE exports (Debian's is, of QEMU 6 and later)", err, storageProgram, storageProgram)
	}
	return os.OpenFile(st.raw(), os.O_RDWR, 0)
}

// raw is the path of that file for others than the daemon.
func (st *storage) raw() string { return fmt.Sprintf("/proc/%d/cwd/%s", st.pid, rawFile) }

func (st *storage) run(ctx context.Context, command string, args any) error {
	text, err := json.Marshal(qmp.Command{Execute: command, Args: args})
	if err != nil {
		return err
	}
	answer := make(chan error, 1)
	go func() { // where the daemon hangs, this waits until the supervisor ends
		_, err := st.monitor.Run(text)
		answer <- err
	}()
	select {
	case err := <-answer:
		return err
	case <-st.done:
		return st.endError()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// quit has the daemon write what it holds back, and ends it.
func (st *storage) quit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	_ = st.run(ctx, "quit", nil) // the answer may be lost; its end is what counts
	if !st.within(endPatience) {
		st.stop()
		return fmt.Errorf("%s did not close the disk within %s and was killed", storageProgram, endPatience)
	}
	if st.result != nil {
		return st.endError()
	}
	return os.Remove(rawFile)
}
