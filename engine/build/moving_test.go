package build_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/plan"
)

// kernelScript is one that needs a kernel of its own.
const kernelScript = "#!/bin/sh\nmodprobe dm_crypt\n"

// newMovingBench is a bench of containers with VMs beside them. Step bound of the template, from 1, needs a kernel of its own; 0: none
// does.
func newMovingBench(t *testing.T, bound int) *bench {
	t.Helper()
	b := newLayeredBench(t)
	b.target.Name, b.target.Container = "boxes", true
	b.then = &targettest.Fake{Name: "machines"}
	b.moves = true
	if bound > 0 {
		b.bind(bound)
	}
	return b
}

// bind has a step need a kernel of its own.
func (b *bench) bind(step int) {
	s := *b.plan.Steps[step].Shell
	s.Script.Text = kernelScript
	b.plan.Steps[step].Shell = &s
}

// machines tells what was started, in order: the target, and the step that it began with.
func (b *bench) machines() []string {
	var list []string
	for _, t := range []*targettest.Fake{b.target, b.then} {
		for _, r := range t.Staged {
			from := "the source"
			if r.Layer != nil {
				from = "a layer"
			}
			list = append(list, t.Name+" from "+from)
		}
	}
	return list
}

// ranOn is what the result tells of where steps were run, without the reasons.
func (b *bench) ranOn() []string {
	var list []string
	for _, one := range b.result.Ran {
		line := one.Target + ":" + strings.ReplaceAll(strings.Join(one.Steps, ","), "customize", "")
		if one.Reused {
			line = "reused " + line
		}
		list = append(list, line)
	}
	return list
}

// marked gives what was told of steps that come out otherwise in a container.
func (b *bench) marked() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, e := range b.events {
		if e.Mark != nil {
			list = append(list, e.Step+": "+e.Mark.Command)
		}
	}
	return strings.Join(list, "; ")
}

// layersLeft are the layers in the store, by what has their name in layer.json.
func (b *bench) layersLeft() int {
	b.t.Helper()
	list, err := filepath.Glob(filepath.Join(b.dirs.Cache, "layers", "*", "layer.json"))
	if err != nil {
		b.t.Fatal(err)
	}
	return len(list)
}

// TestMoving builds from nothing, and looks which steps run where.
func TestMoving(t *testing.T) {
	all := []string{"prepare", "customize[0]", "customize[1]", "customize[2]", "generalize"}
	for name, tt := range map[string]struct {
		bound    int
		change   func(b *bench)
		machines []string
		ran      []string
		said     string
		line     string // of the result
		marked   string // a step, and what of it is told to come out otherwise
		layers   int
	}{
		"nothing needs a VM": {
			machines: []string{"boxes from the source"}, ran: []string{"boxes:[0],[1],[2]"}, layers: 5,
		},
		"the second step does": {
			bound: 2, machines: []string{"boxes from the source", "machines from a layer"}, ran: []string{"boxes:[0]", "machines:[1],[2]"},
			said: "customize[1] two needs a kernel of its own (modprobe dm_crypt): the build moves to a VM", layers: 6,
			line: "customize[0] ran in a container, customize[1] and customize[2] in a VM (customize[1] two needs a kernel of its own " +
				"(modprobe dm_crypt))",
		},
		"the last step does": {
			bound: 3, machines: []string{"boxes from the source", "machines from a layer"}, ran: []string{"boxes:[0],[1]", "machines:[2]"},
			said: "customize[2] three needs a kernel", layers: 6,
		},
		"the first step does": {
			bound: 1, machines: []string{"machines from the source"}, ran: []string{"machines:[0],[1],[2]"},
			said: "auto: every step runs in a VM: customize[0] one needs a kernel of its own (modprobe dm_crypt)", layers: 5,
		},
		"without layers": {
			bound: 2, change: func(b *bench) { b.layers = build.LayerUse{} },
			machines: []string{"boxes from the source", "machines from a layer"}, ran: []string{"boxes:[0]", "machines:[1],[2]"},
		},
		"no container is to be had": {
			change: func(b *bench) {
				b.target.Problems = []target.Problem{{What: "no FUSE here", Why: "the kernel has none"}}
			},
			machines: []string{"machines from the source"}, ran: []string{"machines:[0],[1],[2]"},
			said: "auto: every step runs in a VM: no FUSE here: the kernel has none", layers: 5,
		},
		"a firmware was asked for": {
			change:   func(b *bench) { b.vm.Firmware = "uefi" },
			machines: []string{"machines from the source"}, ran: []string{"machines:[0],[1],[2]"},
			said: "auto: every step runs in a VM: --firmware uefi was asked for", layers: 5,
		},
		"a validator needs a VM": {
			change: func(b *bench) {
				v := validator(0)
				v.Shell.Script.Text = kernelScript
				b.plan.Validation = &plan.Validation{Steps: []plan.Step{v}}
			},
			machines: []string{"boxes from the source", "machines from the source"}, ran: []string{"boxes:[0],[1],[2]"},
			said: "auto: the validators run in a VM: validate[0] needs a kernel", layers: 5,
		},
		"it ends before": {
			bound: 2, change: func(b *bench) { b.until = "customize[1]" },
			machines: []string{"boxes from the source"}, ran: []string{"boxes:[0]"}, layers: 2,
		},
		"it ends after": {
			bound: 2, change: func(b *bench) { b.until = "customize[2]" },
			machines: []string{"boxes from the source", "machines from a layer"}, ran: []string{"boxes:[0]", "machines:[1]"}, layers: 4,
		},
		"it stays where it is": {
			bound: 2, change: func(b *bench) { b.moves = false },
			machines: []string{"boxes from the source"}, ran: []string{"boxes:[0],[1],[2]"},
			marked: "customize[1]: modprobe dm_crypt", layers: 5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newMovingBench(t, tt.bound)
			if tt.change != nil {
				tt.change(b)
			}
			outputs, err := b.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.machines, b.machines()); diff != "" {
				t.Errorf("machines (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.ran, b.ranOn()); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if ran, _ := b.ranAndReused(); b.until == "" && !slices.Equal(ran, all) {
				t.Errorf("ran %v: each step once", ran)
			}
			if tt.said != "" && !b.said(tt.said) {
				t.Errorf("nothing says %q", tt.said)
			}
			if tt.line != "" && b.result.Ran.String() != tt.line {
				t.Errorf("the result says %q, want %q", b.result.Ran, tt.line)
			}
			if got := b.marked(); got != tt.marked {
				t.Errorf("marked is %q, want %q", got, tt.marked)
			}
			if b.until == "" && len(outputs) != len(b.plan.Destinations) {
				t.Errorf("outputs: %v", outputs)
			}
			if n := b.layersLeft(); n != tt.layers {
				t.Errorf("%d layers are left, want %d", n, tt.layers)
			}
			if (len(b.result.Marks) > 0) != (tt.bound > 0 && !b.moves) {
				t.Errorf("the result has the marks %+v", b.result.Marks)
			}
		})
	}
}

// TestMovingAgain builds twice: which layers of the first build the second one goes on from, and where.
func TestMovingAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		bound   int
		first   func(b *bench)
		change  func(b *bench)
		ran     []string
		line    string
		machine string // that is started first; "": none
	}{
		"nothing changed": {bound: 2, ran: []string{"reused boxes:[0]", "reused machines:[1],[2]"}, line: "all of 3 steps are reused"},
		"a step in the VM": {
			bound: 2, change: func(b *bench) { b.edit(3) }, ran: []string{"reused boxes:[0]", "reused machines:[1]", "machines:[2]"},
			line: "2 of 3 steps are reused", machine: "machines",
		},
		"a step in the container": {
			bound: 3, change: func(b *bench) { b.edit(2) }, ran: []string{"reused boxes:[0]", "boxes:[1]", "machines:[2]"},
			line: "1 of 3 steps are reused", machine: "boxes",
		},
		"all in VMs then": {
			bound: 2, change: func(b *bench) { b.moves = false; b.on = b.then }, ran: nil, machine: "machines",
			line: "0 of 3 steps are reused: what was kept after it was made by --on fast; --on auto or --on fast goes on from it",
		},
		"all in containers then": {
			bound: 2, change: func(b *bench) { b.moves = false; b.edit(3) }, ran: []string{"reused boxes:[0]", "reused machines:[1]", "boxes:[2]"},
			line: "2 of 3 steps are reused", machine: "boxes",
		},
		"all in containers before": {
			bound: 2, first: func(b *bench) { b.moves = false }, ran: []string{"reused boxes:[0]", "machines:[1],[2]"}, machine: "machines",
			line: "1 of 3 steps are reused (kept just now); customize[1] two runs: what was kept after it was made in a container, by a step that " +
				"needs a VM",
		},
		"all in VMs before": {
			bound: 3, first: func(b *bench) { b.moves = false; b.on = b.then }, change: func(b *bench) { b.on = nil; b.edit(2) },
			ran: []string{"reused machines:[0]", "boxes:[1]", "machines:[2]"}, line: "1 of 3 steps are reused", machine: "boxes",
		},
		"without layers": {
			bound: 2, change: func(b *bench) { b.layers = build.LayerUse{} }, ran: []string{"boxes:[0]", "machines:[1],[2]"}, machine: "boxes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newMovingBench(t, tt.bound)
			if tt.first != nil {
				tt.first(b)
			}
			if _, err := b.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.again()
			b.target.Staged, b.then.Staged, b.moves = nil, nil, true
			if tt.change != nil {
				tt.change(b)
			}
			if _, err := b.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.ran, b.ranOn()); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if line := b.layerLine(); !strings.Contains(line, tt.line) {
				t.Errorf("said %q, want %q", line, tt.line)
			}
			first := ""
			if list := b.machines(); len(list) > 0 {
				first, _, _ = strings.Cut(list[0], " ")
			}
			if first != tt.machine {
				t.Errorf("started %v, want %q first", b.machines(), tt.machine)
			}
		})
	}
}

// TestMovingNowhere: what a build needs later on is missing. It is said before anything runs.
func TestMovingNowhere(t *testing.T) {
	b := newMovingBench(t, 3)
	b.then.Problems = []target.Problem{{What: "no QEMU", Why: "it is gone", Fix: "apt-get install"}}
	_, err := b.run(t.Context())
	var host *build.HostError
	if !errors.As(err, &host) || host.What != "no QEMU" || !strings.Contains(host.Fix, "--on fast") || len(b.machines()) > 0 {
		t.Errorf("ended with %#v, after %v", err, b.machines())
	}
}

// TestMovingAfterALook: a container that somebody was in is handed on to the VM, and to nobody else.
func TestMovingAfterALook(t *testing.T) {
	b := newMovingBench(t, 3)
	b.decides = &visited{decisions: decisions{}, from: 2}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"boxes:[0],[1]", "machines:[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	b.again()
	b.decides = nil
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"reused boxes:[0]", "boxes:[1]", "machines:[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps of the next build (-want +got):\n%s", diff)
	}
}

// visited is a bench that lets somebody in before a step.
type visited struct {
	decisions
	from int
}

func (v *visited) Touched() bool { return len(v.asked) > v.from }

// TestNoHandOver: a container whose disk cannot be kept leaves the build to a VM, from the beginning.
func TestNoHandOver(t *testing.T) {
	b := newMovingBench(t, 3)
	tries := 0
	b.freeze = func() error {
		if tries++; tries > 2 && len(b.then.Staged) == 0 {
			return errors.New("the file system stays busy")
		}
		return nil
	}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !b.said("the container could not be kept before customize[2] three: the file system stays busy") {
		t.Error("nothing says why")
	}
	if diff := cmp.Diff([]string{"boxes:[0]", "machines:[1],[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestMovingBack goes back from the VM to a step that runs in a container.
func TestMovingBack(t *testing.T) {
	b := newMovingBench(t, 2)
	b.decides = &decisions{moves: []build.Move{{}, {}, {}, {Kind: build.Rewind, To: 1}}}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"boxes from the source", "boxes from a layer", "machines from a layer", "machines from a layer"}
	if diff := cmp.Diff(want, b.machines()); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"boxes:[0]", "machines:[1],[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	for _, folder := range []string{"packer", "packer-boxes"} {
		if _, err := os.Stat(filepath.Join(b.dirs.State, "runs", b.ran, folder, "image.pkr.hcl")); err != nil {
			t.Error(err)
		}
	}
}

// TestMovingWithAnEdit: an image template that is changed while it is built moves the build, and lets it back.
func TestMovingWithAnEdit(t *testing.T) {
	b := newMovingBench(t, 0)
	edited := func(text string) *plan.Plan {
		p := *b.plan
		p.Steps = slices.Clone(p.Steps)
		s := *p.Steps[1].Shell
		s.Script.Text = text
		p.Steps[1].Shell = &s
		return &p
	}
	b.decides = &decisions{
		moves: []build.Move{{}, {}, {Kind: build.Rewind, To: 1}, {}, {Kind: build.Rewind, To: 1}},
		plan: func(i int) *plan.Plan {
			return map[int]*plan.Plan{2: edited(kernelScript), 4: edited("#!/bin/sh\necho again\n")}[i]
		},
	}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !b.said("auto: every step runs in a VM: customize[0] one needs a kernel of its own") {
		t.Error("nothing says why")
	}
	if diff := cmp.Diff([]string{"boxes:[0],[1],[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if boxes, machines := len(b.target.Staged), len(b.then.Staged); boxes != 2 || machines != 1 {
		t.Errorf("%v", b.machines())
	}
}

// TestMovingFails: each machine of a build that moves may fail, and nothing stays behind.
func TestMovingFails(t *testing.T) {
	for name, set := range map[string]func(b *bench){
		"the container does not come up": func(b *bench) { b.at = failAt("boot", 1) },
		"no VM comes up": func(b *bench) {
			b.at = func(where string) error {
				if where == "boot" && len(b.then.Staged) > 0 {
					return errors.New("power cut")
				}
				return nil
			}
		},
		"the VM does not power off": func(b *bench) { b.at = failAt("shutdown", 1) },
		"a step fails in the container": func(b *bench) {
			b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 1, Exit: 1}}
		},
		"a step fails in the VM": func(b *bench) {
			b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 1}, {Contains: "chmod +x /tmp/script_", Times: 1, Exit: 1}}
		},
	} {
		for _, mode := range []string{build.LayersOn, build.LayersOff} {
			t.Run(fmt.Sprintf("%s, layers %s", name, mode), func(t *testing.T) {
				t.Parallel()
				b := newMovingBench(t, 2)
				b.layers.Mode = mode
				set(b)
				_, err := b.run(t.Context())
				var failed *build.RunError
				if !errors.As(err, &failed) {
					t.Errorf("ended with %v", err)
				}
				if n := b.layersLeft(); mode == build.LayersOff && n > 0 {
					t.Errorf("%d layers are left", n)
				}
			})
		}
	}
}

func failAt(where string, n int) func(string) error {
	return func(at string) error {
		if at == where {
			if n--; n == 0 {
				return errors.New("power cut")
			}
		}
		return nil
	}
}

// TestMovingByDoing: what a step does tells that it needs a VM, though it is not written in its script.
func TestMovingByDoing(t *testing.T) {
	looked := func(size int) provtest.Rule {
		return provtest.Rule{Contains: "/run/reboot-required", Times: 1, Stdout: fmt.Sprintf("started 1\nfile %d/81a4/1 /boot/vmlinuz-6.1\n", size)}
	}
	b := newMovingBench(t, 0)
	b.guest.Rules = []provtest.Rule{looked(1), looked(1), looked(1), looked(2), {Contains: "/run/reboot-required", Stdout: "started 1\n"}}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.marked(); got != "customize[1]: /boot/vmlinuz-6.1 changed" {
		t.Errorf("marked is %q", got)
	}
	if diff := cmp.Diff([]string{"boxes:[0]", "machines:[1],[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if len(b.result.Marks) > 0 {
		t.Errorf("the result has marks of what was run in a VM: %+v", b.result.Marks)
	}

	// A build in containers alone keeps what it did, and one that moves does not take that.
	b.again()
	b.target.Staged, b.then.Staged, b.moves = nil, nil, false
	b.layers.Fresh = true
	b.guest.Rules = []provtest.Rule{looked(1), looked(1), looked(1), looked(2), looked(2)}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.machines()) != 1 || len(b.result.Marks) != 1 || b.result.Marks[0].Step != "customize[1]" {
		t.Errorf("%v, with the marks %+v", b.machines(), b.result.Marks)
	}
	b.again()
	b.moves, b.layers.Fresh = true, false
	b.edit(3)
	b.guest.Rules = []provtest.Rule{{Contains: "/run/reboot-required", Stdout: "started 1\n"}}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"reused boxes:[0]", "reused machines:[1]", "boxes:[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps of the next build (-want +got):\n%s", diff)
	}
}

// TestMovingToAVMThatDoesNotStart builds all in the next one.
func TestMovingToAVMThatDoesNotStart(t *testing.T) {
	b := newMovingBench(t, 3)
	b.at = failAt("boot", 2)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"machines:[0],[1],[2]"}, b.ranOn()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestMovingCancelled: Ctrl-C in the VM leaves nothing of what was handed over.
func TestMovingCancelled(t *testing.T) {
	b := newMovingBench(t, 2)
	b.layers.Mode = build.LayersOff
	ctx, cancel := context.WithCancel(t.Context())
	b.onStep = func(step string, phase events.Phase) {
		if step == "customize[1]" && phase == events.Running {
			cancel()
		}
	}
	if _, err := b.run(ctx); err == nil {
		t.Fatal("it came to its end")
	}
	if n := b.layersLeft(); n > 0 {
		t.Errorf("%d layers are left", n)
	}
}
