package build_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/plan"
)

// freezing is a guest whose machine can be kept: its disk becomes a layer's, and it goes on over that.
type freezing struct {
	packersdk.Communicator
	bench *bench
	disk  string
}

func (f *freezing) Freeze(ctx context.Context, dir string, memory bool) ([]byte, error) {
	if f.bench.freeze != nil {
		if err := f.bench.freeze(); err != nil {
			return nil, err
		}
	}
	kept := filepath.Join(dir, "disk.qcow2")
	if err := os.Rename(f.disk, kept); err != nil {
		return nil, err
	}
	if memory {
		if err := os.WriteFile(filepath.Join(dir, "state"), []byte("RAM"), 0o600); err != nil {
			return nil, err
		}
	}
	return []byte(`{"cpus":1}`), overlay(ctx, f.disk, kept, "qcow2")
}

func overlay(ctx context.Context, disk, under, format string) error {
	_, err := runcmd.Host{}.Run(ctx, runcmd.Cmd{Path: "qemu-img", Args: []string{"create", "-q", "-f", "qcow2", "-b", under, "-F", format, disk}})
	return err
}

// newLayeredBench is a bench that keeps layers, with a template of three steps and the hidden ones around them.
func newLayeredBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	var err error
	if b.key, err = seal.Open(b.dirs.State); err != nil {
		t.Fatal(err)
	}
	b.layers = build.LayerUse{Mode: build.LayersOn}
	b.values = map[string]any{"ConnType": "ssh", "Host": "127.0.0.1", "Port": 2222, "User": "packer", "SSHPrivateKey": "a key"}
	steps := []plan.Step{{ID: "prepare", Hidden: true, File: &plan.File{Content: plan.Content{FileName: "00-p", Text: "x"}, Destination: "/tmp/p"}}}
	for i, name := range []string{"one", "two", "three"} {
		steps = append(steps, plan.Step{ID: fmt.Sprintf("customize[%d]", i), Name: name, Shell: &plan.Shell{
			Script: plan.Content{FileName: name + ".sh", Text: "#!/bin/sh\necho " + name + "\n"},
		}})
	}
	b.plan.Steps = append(steps, plan.Step{ID: "generalize", Hidden: true, Shell: &plan.Shell{
		Script: plan.Content{FileName: "g.sh", Text: "#!/bin/sh\ntrue\n"}, LastWord: true,
	}})
	return b
}

// again makes b ready for one more run of the same plan, and forgets what happened in the last one.
func (b *bench) again() {
	b.mu.Lock()
	b.events = nil
	b.mu.Unlock()
	p := *b.plan
	p.Steps = slices.Clone(p.Steps)
	p.Source.Exact = nil
	b.plan = &p
}

// edit changes the script of a step.
func (b *bench) edit(step int) {
	s := *b.plan.Steps[step].Shell
	s.Script.Text += "echo changed\n"
	b.plan.Steps[step].Shell = &s
}

// ran gives the ids of the steps that were run, and reused those that were not and are done all the same.
func (b *bench) ranAndReused() (ran, reused []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.State == nil || e.Step == "" {
			continue
		}
		switch {
		case e.State.Phase == events.Running && slices.ContainsFunc(b.plan.Steps, func(s plan.Step) bool { return s.ID == e.Step }):
			ran = append(ran, e.Step)
		case e.State.Reused:
			reused = append(reused, e.Step)
		}
	}
	return ran, reused
}

func (b *bench) layerLine() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.Output != nil && strings.HasPrefix(e.Output.Text, "layers: ") {
			return e.Output.Text
		}
	}
	return ""
}

// TestLayers builds twice, with something changed in between, and looks where the second build starts.
func TestLayers(t *testing.T) {
	all := []string{"prepare", "customize[0]", "customize[1]", "customize[2]", "generalize"}
	for name, tt := range map[string]struct {
		change func(b *bench)
		ran    []string
		line   string
		boots  int
		whole  bool // nothing comes after line
	}{
		"nothing": {line: "layers: all of 3 steps are reused, and the disk (kept just now); no VM is started to build it"},
		"a destination": {
			change: func(b *bench) { b.plan.Destinations = b.plan.Destinations[:1] },
			line:   "layers: all of 3 steps are reused, and the disk",
		},
		"the last step": {
			change: func(b *bench) { b.edit(3) }, ran: all[3:], boots: 1,
			line: "layers: 2 of 3 steps are reused (kept just now); customize[2] three runs: its script changed",
		},
		"the first step": {
			change: func(b *bench) { b.edit(1) }, ran: all[1:], boots: 1,
			line: "layers: 0 of 3 steps are reused, and the machine before them (kept just now); customize[0] one runs: its script changed",
		},
		"the size of the VM": {
			change: func(b *bench) { b.vm.MemoryMiB = 3000 }, ran: all, boots: 1,
			line: "layers: 0 of 3 steps are reused: another amount of memory was asked for",
		},
		"the base image": {
			change: func(b *bench) {
				b.rewriteBase(t)
			}, ran: all, boots: 1, line: "layers: 0 of 3 steps are reused: the base image is another one",
		},
		"the name of a step": {change: func(b *bench) { b.plan.Steps[2].Name = "zwei" }, line: "layers: all of 3 steps are reused"},
		"--no-cache": {
			change: func(b *bench) { b.layers.Fresh = true }, ran: all, boots: 1, line: "layers: 0 of 3 steps are reused: it was asked for",
		},
		"--rebuild": {
			change: func(b *bench) { b.layers.Again = "customize[1]" }, ran: all[2:], boots: 1,
			line: "layers: 1 of 3 steps are reused (kept just now); customize[1] two runs: it was asked for",
		},
		"--from": {
			change: func(b *bench) { b.layers.From = "customize[2]" }, ran: all[3:], boots: 1, line: "layers: 2 of 3 steps are reused",
		},
		"--from the beginning": {change: func(b *bench) { b.layers.From = "prepare" }, ran: all, boots: 1, line: "layers: 0 of 3"},
		"--until": {
			change: func(b *bench) { b.until = "customize[1]" },
			line:   "layers: 1 of 3 steps are reused (kept just now)", whole: true,
		},
		"off":  {change: func(b *bench) { b.layers = build.LayerUse{} }, ran: all, boots: 1},
		"disk": {change: func(b *bench) { b.layers.Mode = build.LayersDisk; b.edit(3) }, ran: all[3:], boots: 1, line: "layers: 2 of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newLayeredBench(t)
			if _, err := b.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if ran, _ := b.ranAndReused(); !slices.Equal(ran, all) {
				t.Fatalf("the first build ran %v", ran)
			}
			b.again()
			if tt.change != nil {
				tt.change(b)
			}
			boots := 0
			b.at = func(where string) error {
				if where == "boot" {
					boots++
				}
				return nil
			}
			outputs, err := b.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ran, reused := b.ranAndReused()
			if diff := cmp.Diff(tt.ran, ran); diff != "" {
				t.Errorf("steps that ran (-want +got):\n%s", diff)
			}
			if boots != tt.boots {
				t.Errorf("%d VMs, want %d", boots, tt.boots)
			}
			if line := b.layerLine(); !strings.HasPrefix(line, tt.line) || (tt.line == "" || tt.whole) && line != tt.line {
				t.Errorf("said %q, want %q", line, tt.line)
			}
			if b.until == "" {
				if len(outputs) != len(b.plan.Destinations) {
					t.Errorf("outputs: %v", outputs)
				}
				for _, id := range all {
					if slices.Contains(ran, id) == slices.Contains(reused, id) {
						t.Errorf("%s was run and reused, or neither: %v, %v", id, ran, reused)
					}
				}
			} else if b.result.Stopped == nil {
				t.Error("the run does not say that it was stopped")
			}
		})
	}
}

// rewriteBase puts another base image in the place of the one that is there.
func (b *bench) rewriteBase(t *testing.T) {
	t.Helper()
	path := filepath.Join(b.root(), "base.raw")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, slices.Repeat([]byte("new disk!"), 100_000), 0o444); err != nil {
		t.Fatal(err)
	}
}

// TestFromNothing asks for a layer that nobody has.
func TestFromNothing(t *testing.T) {
	b := newLayeredBench(t)
	b.layers.From = "customize[1]"
	_, err := b.run(t.Context())
	var none *build.NoLayerError
	if !errors.As(err, &none) || none.Title != "customize[1] two" || none.Reason != "nothing is kept of a build like this one" {
		t.Errorf("got %#v", err)
	}
	if len(b.target.Staged) > 0 {
		t.Error("a VM was made ready all the same")
	}
}

// TestLayersAfterAFailure: what was done before a step failed is there for the next build.
func TestLayersAfterAFailure(t *testing.T) {
	b := newLayeredBench(t)
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 2}, {Contains: "chmod +x /tmp/script_", Times: 1, Exit: 1}}
	if _, err := b.run(t.Context()); err == nil {
		t.Fatal("the build did not fail")
	}
	b.again()
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ran, _ := b.ranAndReused(); !slices.Equal(ran, []string{"customize[2]", "generalize"}) {
		t.Errorf("ran %v", ran)
	}
}

// TestSpoiltLayers: a machine in which a step failed, and that went on, is no machine for others.
func TestSpoiltLayers(t *testing.T) {
	for name, kind := range map[string]build.MoveKind{"gone on": build.GoOn, "run again": build.Again} {
		t.Run(name, func(t *testing.T) {
			b := newLayeredBench(t)
			b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 1}, {Contains: "chmod +x /tmp/script_", Times: 1, Exit: 1}}
			b.decides = &decisions{moves: []build.Move{{}, {}, {}, {Kind: kind}}}
			if _, err := b.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !b.said("none is kept from here on: a step had failed in the build VM") {
				t.Error("nothing says that no layers are taken any more")
			}
			b.again()
			b.decides = nil
			if _, err := b.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if ran, _ := b.ranAndReused(); !slices.Equal(ran, []string{"customize[1]", "customize[2]", "generalize"}) {
				t.Errorf("ran %v", ran)
			}
		})
	}
}

// TestNoRoomForLayers: a layer that cannot be taken fails no build, and leaves nothing.
func TestNoRoomForLayers(t *testing.T) {
	b := newLayeredBench(t)
	taken := 0
	b.freeze = func() error {
		if taken++; taken > 2 {
			return fmt.Errorf("write state: %w", syscall.ENOSPC)
		}
		return nil
	}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if taken != 3 || !b.said("layers: none is kept from here on: no space is left on the disk") {
		t.Errorf("%d tries", taken)
	}
	entries, err := os.ReadDir(filepath.Join(b.dirs.Cache, "layers"))
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, e := range entries {
		if len(e.Name()) == 12 {
			folders++
		}
	}
	if folders != 2 {
		t.Errorf("%d layers, want 2", folders)
	}
}

// TestRewindToALayer goes back in one run, and does not start from the source.
func TestRewindToALayer(t *testing.T) {
	b := newLayeredBench(t)
	decides := &decisions{moves: []build.Move{{}, {}, {}, {}, {Kind: build.Rewind, To: 2}}}
	b.decides = decides
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"before 0", "before 1", "before 2", "before 3", "before 4", "before 2", "before 3", "before 4", "before 5"}
	if diff := cmp.Diff(want, decides.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if last := b.target.Staged[len(b.target.Staged)-1]; last.Layer == nil || last.Layer.PrivateKey != "a key" || string(last.Layer.Facts) == "" {
		t.Errorf("the second machine starts from %+v", last.Layer)
	}
	text, err := os.ReadFile(filepath.Join(b.dirs.State, "runs", b.ran, "layers.json"))
	var index build.RunLayers
	if err == nil {
		err = json.Unmarshal(text, &index)
	}
	if err != nil || len(index.Before) != 4 || index.Final == "" {
		t.Errorf("the run's layers: %+v, %v", index, err)
	}
}

// TestRewindWithNoCache goes back to a layer of the very run, and to none of an earlier one.
func TestRewindWithNoCache(t *testing.T) {
	b := newLayeredBench(t)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.again()
	b.layers.Fresh = true
	decides := &decisions{moves: []build.Move{{}, {}, {Kind: build.Rewind, To: 4}}}
	b.decides = decides
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"before 0", "before 1", "before 2", "before 2", "before 3", "before 4", "before 5"}
	if diff := cmp.Diff(want, decides.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestALayerThatDoesNotStart is no failure of the build.
func TestALayerThatDoesNotStart(t *testing.T) {
	b := newLayeredBench(t)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.again()
	b.edit(3)
	boots := 0
	b.at = func(where string) error {
		if boots++; where == "boot" && boots == 1 {
			return errors.New("unknown section in the state")
		}
		return nil
	}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ran, _ := b.ranAndReused(); len(ran) != 5 || !b.said("does not start, so the build starts from its source") {
		t.Errorf("ran %v", ran)
	}
}

// TestDamagedLayers: what is wrong in the cache is said, and built again.
func TestDamagedLayers(t *testing.T) {
	b := newLayeredBench(t)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	disks, err := filepath.Glob(filepath.Join(b.dirs.Cache, "layers", "*", "disk.qcow2"))
	if err != nil || len(disks) != 5 {
		t.Fatal(disks, err)
	}
	for _, disk := range disks {
		if err := os.Truncate(disk, 7); err != nil {
			t.Fatal(err)
		}
	}
	b.again()
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ran, _ := b.ranAndReused(); len(ran) != 5 || !b.said("has 7 bytes") {
		t.Errorf("ran %v", ran)
	}
}

// TestVisit brings back the machine of an earlier run, as it stood before a step.
func TestVisit(t *testing.T) {
	b := newLayeredBench(t)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	earlier, err := b.store.Find(t.Context(), b.ran)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := build.ReadAsked(b.dirs, earlier)
	if err != nil {
		t.Fatal(err)
	}
	index, err := build.ReadLayers(earlier)
	if err != nil {
		t.Fatal(err)
	}
	commands := len(b.guest.Commands())
	broken := errors.New("the shell broke")
	for name, tt := range map[string]struct {
		layer string
		err   error
		want  string // of the error
	}{
		"before the first step": {layer: index.Before[1]},
		"before the last one":   {layer: index.Before[4], err: broken, want: "the shell broke"},
		"of the source":         {},
		"of the finished disk":  {layer: index.Final, want: "nobody on it who may sign in"},
		"of nothing":            {layer: "0123456789ab", want: `there is no layer "0123456789ab"`},
	} {
		t.Run(name, func(t *testing.T) {
			b.again()
			b.target.Staged = nil
			builder, done := b.newBuilder()
			defer done()
			active, err := b.store.Start(t.Context(), store.Run{Name: "visit", TemplateFile: earlier.TemplateFile})
			if err != nil {
				t.Fatal(err)
			}
			var way packercore.Way
			v := build.Visit{Asked: asked, Of: earlier, Layer: tt.layer, Do: func(_ context.Context, w packercore.Way) error {
				way = w
				return tt.err
			}}
			_, err = builder.Visit(t.Context(), v, active, &events.Mask{}, events.Serial(active.Run().ID, b.note, time.Now))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("ended with %v, want %q", err, tt.want)
			}
			if up := tt.want == "" || tt.err != nil; up != (way.PrivateKey == "a key") {
				t.Errorf("the way in: %+v", way)
			} else if up && (b.target.Staged[0].Layer == nil) != (tt.layer == "") {
				t.Errorf("it starts from %+v", b.target.Staged[0].Layer)
			}
			if err := active.Close(); err != nil {
				t.Error(err)
			}
			b.nothingLeft(active.Run().ID)
		})
	}
	if more := b.guest.Commands()[commands:]; len(more) > 0 {
		t.Errorf("steps were run in a machine that was to be looked at: %v", more)
	}
}

// TestVerdict: a finished disk is not validated twice in the same way, and every other one is.
func TestVerdict(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(b *bench)
		again  bool
	}{
		"nothing changed":          {},
		"another validator":        {func(b *bench) { b.plan.Validation.Steps[0].Shell.Script.Text += "true\n" }, true},
		"one more validator":       {func(b *bench) { b.plan.Validation.Steps = append(b.plan.Validation.Steps, validator(1)) }, true},
		"the disk is built again":  {func(b *bench) { b.layers.Again = "customize[2]" }, true},
		"another amount of memory": {func(b *bench) { b.vm.MemoryMiB = 700 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newLayeredBench(t)
			b.plan.Validation = &plan.Validation{Steps: []plan.Step{validator(0)}}
			validations := 0
			b.at = func(where string) error {
				if where == "validate boot" {
					validations++
				}
				return nil
			}
			if _, err := b.run(t.Context()); err != nil || validations != 1 {
				t.Fatal(validations, err)
			}
			for range 2 { // what is not run again the first time, is not the second time either
				b.again()
				v := *b.plan.Validation
				v.Steps = slices.Clone(v.Steps)
				v.Steps[0].Shell = &plan.Shell{Script: b.plan.Validation.Steps[0].Shell.Script}
				b.plan.Validation = &v
				if tt.change != nil {
					tt.change(b)
					tt.change = nil
				}
				validations = 0
				if _, err := b.run(t.Context()); err != nil || b.result.Validation != build.ValidationPassed {
					t.Fatal(b.result.Validation, err)
				}
				if (validations > 0) != tt.again {
					t.Errorf("%d validations", validations)
				}
				tt.again = b.layers.Again != "" // now it has passed, unless the disk is a new one each time
			}
		})
	}
}

func validator(i int) plan.Step {
	return plan.Step{ID: fmt.Sprintf("validate[%d]", i), Shell: &plan.Shell{
		Script: plan.Content{FileName: fmt.Sprintf("v%d.sh", i), Text: "#!/bin/sh\ntrue\n"},
	}}
}

// TestVerdictOfAFailure: what failed is never taken for granted.
func TestVerdictOfAFailure(t *testing.T) {
	b := newLayeredBench(t)
	b.plan.Validation = &plan.Validation{Steps: []plan.Step{validator(0)}}
	b.at = func(where string) error {
		if where == "validate boot" {
			return errors.New("it does not come up")
		}
		return nil
	}
	for range 2 {
		if _, err := b.run(t.Context()); err == nil || b.result.Validation != build.ValidationFailed {
			t.Fatal(b.result.Validation, err)
		}
		b.again()
	}
}

// TestLayerBudget: once a run is over, layers take no more than they may, and what went is said.
func TestLayerBudget(t *testing.T) {
	b := newLayeredBench(t)
	b.layers.Budget = 1
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(b.dirs.Cache, "layers", "*", "layer.json"))
	if err != nil || len(left) > 0 || !b.said("of those used longest ago were removed") {
		t.Errorf("left %v, %v", left, err)
	}
}
