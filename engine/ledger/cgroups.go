package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cgroupWait is how long processes are waited for that were killed: until they are reaped, their group cannot go.
const cgroupWait = 5 * time.Second

// mountInfo tells where the hierarchies of control groups are; tests have one of their own.
var mountInfo = "/proc/self/mountinfo"

// removeGroups removes the control groups with this name, in every hierarchy, with those below them. What runs in there is ended: it is
// what somebody started in a container that the run has made.
func removeGroups(ctx context.Context, name string) error {
	groups, err := findGroups(name)
	for _, dir := range groups {
		if rerr := removeGroup(ctx, dir); err == nil {
			err = rerr
		}
	}
	return err
}

// findGroups lists the folders of control groups with this name, those that lie deeper first.
func findGroups(name string) ([]string, error) {
	roots, err := hierarchies()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || !d.IsDir(): // a group may go while it is looked at, and one of others may be closed to us
				return nil
			case d.Name() == name && path != root && !slices.Contains(found, path):
				found = append(found, path)
				return fs.SkipDir
			}
			return nil
		})
		if err != nil {
			return found, fmt.Errorf("look for control group %s: %w", name, err)
		}
	}
	return found, nil
}

// hierarchies lists where control groups are mounted: one place where there is version 2 alone, else one for each controller.
func hierarchies() ([]string, error) {
	f, err := os.Open(mountInfo)
	if err != nil {
		return nil, fmt.Errorf("look for control groups: %w", err)
	}
	defer f.Close()
	var roots []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// See proc_pid_mountinfo(5): the mount point is the fifth field, and the type comes after the one that is a dash.
		before, after, ok := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		if kind, _, _ := strings.Cut(after, " "); !ok || len(fields) < 5 || kind != "cgroup" && kind != "cgroup2" {
			continue
		}
		roots = append(roots, strings.ReplaceAll(fields[4], `\040`, " "))
	}
	return roots, nil
}

// removeGroup removes a group with those below it.
func removeGroup(ctx context.Context, dir string) error {
	var err error
	for deadline := time.Now().Add(cgroupWait); ; {
		err = removeTree(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, pollGap); err != nil {
			return err
		}
	}
}

// removeTree tries once. The files of a group are the kernel's, and go with it; what runs in it is killed first.
func removeTree(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.IsDir() {
			if err := removeTree(filepath.Join(dir, d.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	pids, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.EOPNOTSUPP) { // not supported: the group has threads alone
		return err
	}
	for word := range strings.FieldsSeq(string(pids)) {
		if pid, err := strconv.Atoi(word); err == nil && pid > 1 && pid != os.Getpid() { // 0 is a process that this namespace does not see
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone; what is not shows when the group is removed
		}
	}
	return syscall.Rmdir(dir)
}
