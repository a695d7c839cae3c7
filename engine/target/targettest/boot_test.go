package targettest_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// booting is a target with what it takes to have machines of it run.
type booting struct {
	target   target.Target
	registry packercore.Registry
	base     target.Disk
	machine  target.Machine
	memory   bool // whether a layer has what runs in the machine
}

// run is the second half of the conformance suite: a small build of real provisioners, of which a layer is taken; another build that goes
// on from it; and nothing that is left behind by either.
func (b booting) run(t *testing.T) {
	root := t.TempDir()
	dirs := store.Dirs{State: filepath.Join(root, "state"), Data: filepath.Join(root, "data"), Cache: filepath.Join(root, "cache")}
	st, err := store.Open(t.Context(), dirs)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	layer := filepath.Join(root, "layer")
	if err := os.Mkdir(layer, 0o700); err != nil {
		t.Fatal(err)
	}
	var kept target.Layer
	first := b.build(t, st, nil, func(ctx context.Context, at packercore.Boundary) error {
		if at.Next != 1 {
			return nil
		}
		facts, err := at.Machine.Freeze(ctx, layer, b.memory)
		if err != nil {
			return err
		}
		kept = target.Layer{Dir: layer, Facts: facts, PrivateKey: at.Way.PrivateKey}
		return os.WriteFile(filepath.Join(layer, "facts.json"), facts, 0o600) // as engine/layers does
	})
	if want := []string{"one: as packer", "two: after one"}; !slices.Equal(first.said, want) {
		t.Errorf("the first build said %q, want %q", first.said, want)
	}
	if !json.Valid(kept.Facts) {
		t.Fatalf("the layer's facts are no JSON: %q", kept.Facts)
	}
	files := sums(t, layer)

	second := b.build(t, st, &kept, nil)
	if want := []string{"two: after one"}; !slices.Equal(second.said, want) {
		t.Errorf("the build that went on from the layer said %q, want %q", second.said, want)
	}
	if diff := cmp.Diff(files, sums(t, layer)); diff != "" {
		t.Errorf("the layer was written to (-before +after):\n%s", diff)
	}
}

// built is what a build said, line by line.
type built struct {
	mu   sync.Mutex
	said []string
}

func (b *built) event(e events.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Output != nil && (strings.HasPrefix(e.Output.Text, "one: ") || strings.HasPrefix(e.Output.Text, "two: ")) {
		b.said = append(b.said, e.Output.Text)
	}
}

// small is a plan whose second step wants to see what the first one did.
func small() *plan.Plan {
	shell := func(id, script string) plan.Step {
		return plan.Step{ID: id, Shell: &plan.Shell{Script: plan.Content{FileName: id + ".sh", Text: "#!/bin/sh -e\n" + script + "\n"}}}
	}
	return &plan.Plan{Name: "small", OS: plan.Linux, Source: plan.Source{Origin: plan.Origin{Path: "properties.source"}}, Steps: []plan.Step{
		shell("customize0", `echo "one: as $(id -un)"; echo one >"$HOME/done"; sudo -n true`),
		shell("customize1", `echo "two: after $(cat "$HOME/done")"; echo two >"$HOME/done"`),
	}}
}

// build makes one build, as a run of its own, and sees to it that nothing is left of it.
func (b booting) build(
	t *testing.T, st *store.Store, from *target.Layer, between func(context.Context, packercore.Boundary) error,
) *built {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	active, err := st.Start(ctx, store.Run{Name: "small"})
	if err != nil {
		t.Fatal(err)
	}
	defer active.Close()
	id := active.Run().ID
	r := target.Request{
		RunID: id, Dir: filepath.Join(st.Dirs().Staging(), id), Plan: small(), Base: b.base, BaseStays: true, Machine: b.machine, Layer: from,
		Record: func(ctx context.Context, kind store.Kind, name string) error {
			_, err := st.Record(ctx, id, kind, name)
			return err
		},
		Strike: func(ctx context.Context, kind store.Kind, name string) error { return st.Forget(ctx, id, kind, name) },
	}
	staged, err := b.target.Stage(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := emit.Packer(r.Plan, emit.Options{Target: b.target.Info().Template})
	if err != nil {
		t.Fatal(err)
	}
	packer := filepath.Join(active.Run().Dir, "packer")
	if err := build.WriteFolder(folder, packer, func(string) (io.ReadCloser, error) { return nil, os.ErrNotExist }); err != nil {
		t.Fatal(err)
	}
	var all built
	o := packercore.Options{Dir: packer, Vars: staged.Vars, AsService: true, Between: between}
	if from != nil {
		o.From = 1
	}
	if _, err := packercore.Build(ctx, b.registry, o, all.event); err != nil {
		t.Fatalf("build: %v", err)
	}
	disk, err := b.target.Collect(ctx, staged)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(disk.Path); err != nil || info.Size() == 0 || disk.Format != "qcow2" {
		t.Errorf("the build left %+v: %v, %v", disk, info, err)
	}
	entries, err := st.Entries(ctx, id)
	if err != nil || len(entries) == 0 {
		t.Errorf("the ledger has %v of a build that made things, %v", entries, err)
	}
	if err := ledger.Undo(ctx, st, nil, id); err != nil {
		t.Error(err)
	}
	if left, err := st.Entries(ctx, id); err != nil || len(left) > 0 {
		t.Errorf("the ledger has %v after all was undone, %v", left, err)
	}
	if _, err := os.Lstat(r.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", r.Dir, err)
	}
	nothingOf(t, staged.Vars["vm_name"])
	return &all
}

// nothingOf looks for processes and control groups of a machine, whatever the ledger thinks.
func nothingOf(t *testing.T, name string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), name) {
			t.Errorf("%s still runs: %q", path, text)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), name) {
		t.Errorf("something of %s is mounted:\n%s", name, mounts)
	}
	for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name, "/sys/block/loop*/loop/backing_file"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if text, _ := os.ReadFile(path); strings.HasSuffix(path, name) || strings.Contains(string(text), name) {
				t.Errorf("%s is left: %s", path, text)
			}
		}
	}
}
