package container

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	scopePatience = 10 * time.Second // for the user's service manager to make a scope; 20 ms
	busProgram    = "busctl"
)

// place is a cgroup of the second version below which a user may make others.
type place struct {
	mount string // where the hierarchy is mounted
	own   string // this process's cgroup in it, which is the user's; "": the user's service manager is asked for one
	path  string // the folder, after enter
	scope bool
}

// findPlace looks for one: this process's own cgroup, where a login manager or an administrator gave it away, or a scope.
func findPlace() (*place, error) {
	p := &place{}
	all, err := hierarchies()
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		if h.two && p.mount == "" {
			p.mount = h.path
		}
	}
	if p.mount == "" {
		return nil, errors.New("no cgroup2 is mounted")
	}
	own, err := groupOf("self")
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(p.mount, own)
	if unix.Access(folder, unix.W_OK) == nil && unix.Access(filepath.Join(folder, "cgroup.procs"), unix.W_OK) == nil {
		p.own = own
		return p, nil
	}
	if _, err := exec.LookPath(busProgram); err != nil {
		return nil, fmt.Errorf("cgroup %s is not this user's, and there is no program %q to ask a service manager for one", folder, busProgram)
	}
	if out, err := exec.Command(busProgram, "--user", "--quiet", "status").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cgroup %s is not this user's, and the user's service manager cannot be asked for one: %s",
			folder, bytes.TrimSpace(out))
	}
	return p, nil
}

// groupOf is the cgroup of the second version that a process is in.
func groupOf(pid string) (string, error) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "cgroup"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSuffix(path, "\n"), nil
		}
	}
	return "", errors.New("no cgroup2 is mounted")
}

// enter puts a process, which is the user's, where groups can be made: it is there already, or gets into a scope.
func (p *place) enter(name string, pid int) error {
	if p.own != "" {
		p.path = filepath.Join(p.mount, p.own)
		return nil
	}
	unit := name + ".scope"
	out, err := exec.Command(busProgram, "--user", "--quiet", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
		"org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail",
		"2", "PIDs", "au", "1", strconv.Itoa(pid), "Delegate", "b", "true", "0").CombinedOutput()
	if err != nil {
		return fmt.Errorf("ask the user's service manager for a scope: %w: %s", err, bytes.TrimSpace(out))
	}
	for deadline := time.Now().Add(scopePatience); ; time.Sleep(5 * time.Millisecond) {
		at, err := groupOf(strconv.Itoa(pid))
		if err != nil {
			return err
		}
		if filepath.Base(at) == unit {
			p.path, p.scope = filepath.Join(p.mount, at), true
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the user's service manager does not move the container's supervisor into %s within %s; it is in %s",
				unit, scopePatience, at)
		}
	}
}

// make makes the guest's cgroup, with its limits, and gives its folder. The process moves aside, since a group that has limits for those
// below it has no processes of its own.
func (p *place) make(s Spec, pid int, note func(string, ...any)) (string, error) {
	if p.scope {
		aside := filepath.Join(p.path, "supervisor")
		if err := os.Mkdir(aside, 0o755); err != nil {
			return "", fmt.Errorf("make a cgroup: %w", err)
		}
		if err := os.WriteFile(filepath.Join(aside, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return "", fmt.Errorf("move the container's supervisor to its cgroup: %w", err)
		}
	}
	folder := filepath.Join(p.path, s.Name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return "", fmt.Errorf("make a cgroup: %w", err)
	}
	for _, l := range []struct {
		controller, what string
		value            int64
	}{{"memory", "memory", int64(s.MemoryMiB) << 20}, {"pids", "number of tasks", int64(s.Tasks)}} {
		if l.value == 0 {
			continue
		}
		// Refused where the group above has processes, or was not given the controller: then no file is there.
		_ = os.WriteFile(filepath.Join(p.path, "cgroup.subtree_control"), []byte("+"+l.controller), 0)
		if err := writeExisting(filepath.Join(folder, l.controller+".max"), strconv.FormatInt(l.value, 10)); err != nil {
			note("the guest's %s is not limited: this user was given no cgroup that can", l.what)
		}
	}
	return folder, nil
}

// userGroups names the cgroup folder that a container of this name has that this process makes without root. One in a scope goes with it.
func userGroups(all []hierarchy, name string) []string {
	own, err := groupOf("self")
	if err != nil {
		return nil
	}
	for _, h := range all {
		if h.two {
			return []string{filepath.Join(h.path, own, name)}
		}
	}
	return nil
}
