package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/engine/runcmd"
)

const (
	killWait = 5 * time.Second // for SIGKILL: longer means that it hangs in the kernel
	pollGap  = 20 * time.Millisecond
)

// termWait is for SIGTERM: QEMU writes its caches back and ends. Tests shorten it.
var termWait = 5 * time.Second

// isPlugin tells a plugin's name from a build VM's.
func isPlugin(name string) bool { return strings.HasPrefix(name, "ingot-plugin-") }

// endProcesses ends every process that bears the name and waits until it is gone: SIGTERM, then SIGKILL.
func endProcesses(ctx context.Context, name string) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, termWait}, {syscall.SIGKILL, killWait}} {
		if err := signalAll(ctx, name, step.signal); err != nil {
			return err
		}
		for deadline := time.Now().Add(step.wait); ; {
			left, err := processes(name)
			if err != nil || len(left) == 0 {
				return err
			}
			if time.Now().After(deadline) {
				break
			}
			if err := pause(ctx, pollGap); err != nil {
				return err
			}
		}
	}
	left, err := processes(name)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("process %d still runs after SIGKILL", left[0])
	}
	return err
}

// signalAll signals every process that bears the name. The number of a process that ended may go to another one; so the process
// is first opened (os.FindProcess holds a pidfd), then looked at, then signalled.
func signalAll(ctx context.Context, name string, sig syscall.Signal) error {
	pids, err := processes(name)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		p, err := os.FindProcess(pid)
		if err != nil {
			continue // gone
		}
		if bears(pid, name) {
			serr := p.Signal(sig)
			if errors.Is(serr, syscall.EPERM) {
				serr = signalBySudo(ctx, pid, sig)
			}
			if serr != nil && !errors.Is(serr, os.ErrProcessDone) {
				err = fmt.Errorf("signal process %d: %w", pid, serr)
			}
		}
		if rerr := p.Release(); err == nil {
			err = rerr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// signalBySudo is for a container that sudo has run, as root: it was chosen since sudo asks for nothing here.
func signalBySudo(ctx context.Context, pid int, sig syscall.Signal) error {
	args := []string{"-n", "--", "kill", fmt.Sprintf("-%d", sig), strconv.Itoa(pid)}
	_, err := runcmd.Host{}.Run(ctx, runcmd.Cmd{Path: "sudo", Args: args})
	if err != nil && syscall.Kill(pid, 0) == syscall.ESRCH {
		return os.ErrProcessDone
	}
	return err
}

// processes lists this user's processes that bear the name, and containers of anybody's, by number. Ones that ended and wait to be reaped
// are not among them.
func processes(name string) ([]int, error) {
	list, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("look for process %s: %w", name, err)
	}
	var pids []int
	for _, d := range list {
		pid, err := strconv.Atoi(d.Name())
		if err == nil && pid != os.Getpid() && bears(pid, name) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// bears reports whether a process of this user, or a container of anybody's, bears the name: as its program name, or as the value of an
// argument "-name", which is how QEMU is told (also spelled "guest=NAME,debug-threads=on"), or as the one argument of a container's first
// process, or as the value of INGOT_PROCESS in its environment, which is passed on to whatever a plugin starts. A name anywhere else, as in
// "less ingot-3f2a9c1e.log" or "grep ingot-3f2a9c1e", does not count.
func bears(pid int, name string) bool {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil {
		return false
	}
	args := bytes.Split(bytes.TrimSuffix(commandLine(dir), []byte{0}), []byte{0})
	switch own := int(st.Uid) == os.Geteuid(); {
	case isContainer(args, name):
		return true
	case !own:
		return false
	case bearsName(args, name):
		return true
	}
	env, err := os.ReadFile(filepath.Join(dir, "environ"))
	return err == nil && slices.Contains(strings.Split(string(env), "\x00"), mark+"="+name)
}

// containerProgram is what the first process of a container calls itself; its argument is the name of the container.
const containerProgram = "ingot-container"

// isContainer tells the first process of a container of that name, and the sudo that has started it.
func isContainer(args [][]byte, name string) bool {
	n := len(args)
	if n < 2 || string(args[n-1]) != name || string(args[n-2]) != containerProgram {
		return false
	}
	return n <= 3 || filepath.Base(string(args[0])) == "sudo" // what sudo runs is told its path besides
}

// mark is the environment variable that names the plugin process which a process comes from.
const mark = "INGOT_PROCESS"

// commandLine reads the arguments of the process with this folder in /proc, each followed by a NUL. It is empty for a kernel
// thread and for a process that ended. In the middle of an exec it is empty too, but then the process has a program already: so
// it is read again, or a QEMU that was started a moment ago would be missed.
func commandLine(dir string) (line []byte) {
	for range 5 {
		var err error
		line, err = os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || len(line) > 0 {
			break
		}
		if _, err := os.Readlink(filepath.Join(dir, "exe")); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return line
}

func bearsName(args [][]byte, name string) bool {
	for i, arg := range args {
		text := string(arg)
		if i == 0 && text == name {
			return true
		}
		if i > 0 && string(args[i-1]) == "-name" {
			first, _, _ := strings.Cut(text, ",")
			if strings.TrimPrefix(first, "guest=") == name {
				return true
			}
		}
	}
	return false
}
