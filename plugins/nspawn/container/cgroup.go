package container

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// removePatience bounds how long killed processes take to leave their cgroup.
const removePatience = 5 * time.Second

// hierarchy is a place where cgroups are mounted.
type hierarchy struct {
	path        string
	two         bool     // of the second version
	controllers []string // with the first version: what it is for
}

// hierarchies finds those that a container has cgroups in: the second version's, and of the first version those for memory and tasks, and
// systemd's own, where nspawn repeats what it finds in the second version's.
func hierarchies() ([]hierarchy, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []hierarchy
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// 36 35 98:0 / /sys/fs/cgroup/memory rw,noatime shared:1 - cgroup cgroup rw,memory
		before, after, ok := strings.Cut(lines.Text(), " - ")
		mount, what := strings.Fields(before), strings.Fields(after)
		if !ok || len(mount) < 5 || len(what) < 3 {
			continue
		}
		h := hierarchy{path: mount[4], two: what[0] == "cgroup2"}
		if what[0] == "cgroup" {
			h.controllers = strings.Split(what[2], ",")
		}
		if h.two || h.has("memory") || h.has("pids") || h.has("name=systemd") {
			all = append(all, h)
		}
	}
	return all, nil
}

func (h hierarchy) has(controller string) bool { return slices.Contains(h.controllers, controller) }

// Cgroups names the cgroup folders that a container of this name has, or may have, on this host: the guest is in all of them.
func Cgroups(name string) []string {
	if !namePattern.MatchString(name) {
		return nil
	}
	all, err := hierarchies()
	if err != nil {
		return nil // no /proc: nor can a container have been made
	}
	var paths []string
	if os.Geteuid() != 0 {
		return userGroups(all, name)
	}
	for _, h := range all {
		if path := filepath.Join(h.path, name); !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// groups are the cgroups of one guest.
type groups struct {
	two *os.File   // folder of the second version
	one []*os.File // "tasks" of each of the first
}

// makeGroups makes the guest's cgroups with its limits. What cannot be limited is noted.
func makeGroups(s Spec, note func(string, ...any)) (*groups, error) {
	all, err := hierarchies()
	if err != nil {
		return nil, err
	}
	wanted := map[string]limit{}
	if s.MemoryMiB > 0 {
		bytes := strconv.FormatInt(int64(s.MemoryMiB)<<20, 10)
		wanted["memory"] = limit{"memory.limit_in_bytes", "memory.max", bytes}
	}
	if s.Tasks > 0 {
		wanted["pids"] = limit{"pids.max", "pids.max", strconv.Itoa(s.Tasks)}
	}
	g := &groups{}
	for _, h := range all {
		if err := g.join(h, s.Name, wanted); err != nil {
			return nil, err
		}
	}
	if g.two == nil {
		return nil, errors.New("no cgroup2 is mounted on this host\n  why:  systemd in the container needs the second version of cgroups\n" +
			"  fix:  mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified")
	}
	for _, controller := range []string{"memory", "pids"} {
		if _, left := wanted[controller]; left {
			note("the guest's %s is not limited: this host lets no cgroup do it", map[string]string{"memory": "memory", "pids": "number of tasks"}[controller])
		}
	}
	return g, nil
}

// limit is what is written where, with each version.
type limit struct{ one, two, value string }

// join makes the guest's cgroup in a hierarchy, and takes out of wanted what it limits.
func (g *groups) join(h hierarchy, name string, wanted map[string]limit) error {
	folder := filepath.Join(h.path, name)
	if h.two && g.two != nil {
		return nil // mounted twice
	}
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		if !h.two {
			return nil // what it would have limited stays in wanted
		}
		return fmt.Errorf("make a cgroup: %w\n  fix:  have %s writable: in a container, that takes a privileged one", err, h.path)
	}
	for controller, l := range wanted {
		file := l.two
		if h.two {
			// Refused where another mount has the controller, or where processes are in the group above: then no file is there.
			_ = os.WriteFile(filepath.Join(h.path, "cgroup.subtree_control"), []byte("+"+controller), 0)
		} else if file = l.one; !h.has(controller) {
			continue
		}
		if err := writeExisting(filepath.Join(folder, file), l.value); err == nil {
			delete(wanted, controller)
		}
	}
	if h.two {
		var err error
		g.two, err = os.Open(folder)
		return err
	}
	tasks, err := os.OpenFile(filepath.Join(folder, "tasks"), os.O_WRONLY, 0)
	if err == nil {
		g.one = append(g.one, tasks)
	}
	return err
}

func writeExisting(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// enter puts the calling thread into the cgroups of the first version; what it forks is born there.
func (g *groups) enter() error {
	for _, tasks := range g.one {
		if _, err := tasks.WriteString("0"); err != nil {
			return fmt.Errorf("join %s: %w", tasks.Name(), err)
		}
	}
	return nil
}

// Remove ends what is left in the cgroups of the containers of this name, thaws what they left frozen, and removes the cgroups. It is no
// error that there are none.
func Remove(name string) error {
	errs := []error{thawLeft(name)}
	for _, folder := range Cgroups(name) {
		if _, err := os.Stat(folder); err == nil {
			err := removeGroup(folder)
			if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
				err = removeLeft(folder)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func removeGroup(folder string) error {
	deadline := time.Now().Add(removePatience)
	for {
		err := removeTree(folder)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		killGroup(folder)
		if errors.Is(err, fs.ErrPermission) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// removeTree removes a cgroup and those below it, the innermost first; the files in them are the kernel's.
func removeTree(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() && err == nil {
			err = removeTree(filepath.Join(folder, e.Name()))
		}
	}
	if err != nil {
		return err
	}
	if err := unix.Rmdir(folder); err != nil && err != unix.ENOENT {
		return fmt.Errorf("remove cgroup %s: %w", folder, err)
	}
	return nil
}

// killGroup kills what runs in a cgroup or below it.
func killGroup(folder string) {
	if writeExisting(filepath.Join(folder, "cgroup.kill"), "1") == nil { // Linux 5.14, second version
		return
	}
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil // it is being removed
		}
		text, _ := os.ReadFile(filepath.Join(path, "cgroup.procs"))
		for _, pid := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(pid); err == nil && n > 1 {
				_ = unix.Kill(n, unix.SIGKILL)
			}
		}
		return nil
	})
}
