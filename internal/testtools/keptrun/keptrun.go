// Package keptrun makes what a build leaves of its machine, without a machine: a run with a layer before each of its steps, whose disks
// are small ones with a Linux file system.
package keptrun

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/plan"
)

// Step is a step of the run.
type Step struct {
	ID, Name string
	Changes  []string // requests to debugfs: what the step did to the disk
	Forgot   bool     // no layer is kept of the machine after it
}

// Run is what was made.
type Run struct {
	ID     string
	Before map[int]string // IDs of layers, by the index of the step that comes
	Final  string         // ID of the finished disk, after the last step
}

// Make makes it below dirs. The base image's disk has the files in folder. It skips the test where a program for disks is missing.
func Make(t *testing.T, dirs store.Dirs, folder string, steps []Step) Run {
	t.Helper()
	work := t.TempDir()
	raw, base := filepath.Join(work, "disk.raw"), filepath.Join(work, "base.qcow2")
	command(t, nil, "mke2fs", "-q", "-t", "ext4", "-d", folder, "-E", "root_owner=0:0", raw, "64M")
	command(t, nil, "qemu-img", "convert", "-q", "-O", "qcow2", raw, base)

	db, err := store.Open(t.Context(), dirs)
	check(t, err)
	defer db.Close()
	active, err := db.Start(t.Context(), store.Run{Name: "web"})
	check(t, err)
	run := Run{ID: active.Run().ID, Before: map[int]string{}}
	kept, made := keep(t, dirs, run, raw, base, steps)
	run.Before, run.Final = made.Before, made.Final
	write(t, filepath.Join(active.Run().Dir, "plan.json"), map[string]any{"name": "web", "steps": kept})
	write(t, filepath.Join(active.Run().Dir, "layers.json"), map[string]any{"before": run.Before, "final": run.Final})
	check(t, active.Finish(t.Context(), store.Succeeded, ""))
	check(t, active.Close())
	return run
}

// keep makes the layers, one over the other.
func keep(t *testing.T, dirs store.Dirs, run Run, raw, base string, steps []Step) ([]plan.Step, Run) {
	t.Helper()
	key, err := seal.Open(dirs.State)
	check(t, err)
	st, err := layers.Open(filepath.Join(dirs.Cache, "layers"), key, time.Now)
	check(t, err)
	defer st.Close()
	under, err := layers.StatBase(base, "qcow2", "")
	check(t, err)
	var list []plan.Step
	for _, s := range steps {
		list = append(list, plan.Step{ID: s.ID, Name: s.Name, Shell: &plan.Shell{Script: plan.Content{FileName: s.ID, Text: s.ID, Resolved: true, SHA256: s.ID}}})
	}
	keys := st.Keys(layers.Profile{Base: under, OS: plan.Linux}, list)
	parent, below := "", base
	for i, s := range steps {
		command(t, strings.NewReader(strings.Join(s.Changes, "\n")+"\n"), "debugfs", "-w", "-f", "-", raw)
		if s.Forgot {
			continue
		}
		last := i+1 == len(steps)
		d, err := st.Begin(t.Context(), layers.Making{Parent: parent, Keys: keys, Next: i + 1, Template: "web", Run: run.ID, Base: under, Final: last})
		check(t, err)
		disk := filepath.Join(d.Dir, layers.DiskFile)
		command(t, nil, "qemu-img", "convert", "-q", "-O", "qcow2", "-B", below, "-F", "qcow2", raw, disk)
		_, err = d.Publish(t.Context(), []byte("{}"), nil)
		check(t, err)
		check(t, d.Release())
		parent, below = d.ID, disk
		if last {
			run.Final = d.ID
		} else {
			run.Before[i+1] = d.ID
		}
	}
	return list, run
}

func command(t *testing.T, stdin *strings.Reader, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath(filepath.Join("/usr/sbin", name)); err != nil {
			t.Skipf("%s is not on this machine", name)
		}
	}
	cmd := exec.Command(path, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func write(t *testing.T, path string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	check(t, err)
	check(t, os.WriteFile(path, text, 0o600))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
