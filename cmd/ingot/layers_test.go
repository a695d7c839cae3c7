package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// scenario is one way in which something may have changed since the layers of the first build were kept. A build then has to come to the
// very disk that a build from scratch comes to, and has to run again what must be run again, and nothing else.
type scenario struct {
	name string
	in   func(input) input                  // what is built; nil: what the first build was of
	edit func(t *testing.T, w *world)       // before the build; nil: nothing
	args []string                           // more of them
	ran  string                             // the customizers that have to run; several answers with | between them
	says []string                           // among what Ingot says
	play func(t *testing.T, w *world) built // nil: one build, of in, with args
	vm   bool                               // it is about the VM: its memory, its clock, its QEMU
	also []func(input) input                // what play builds beside in, and compares itself
}

const all5 = "update install page place last"

func changed(customizer, body string) func(input) input {
	return func(in input) input { return in.set(customizer, body) }
}

var lastScript = "#!/bin/sh\necho the end | sudo tee -a /etc/made\n"

// editLast is what most scenarios change beside what they are about: the build then goes on from the layer before the last customizer.
var editLast = changed("last", lastScript)

// before the steps of the plan: "prepare" is step 0, the customizers are 1 to 5, "generalize" is 6, and 7 is the finished disk.
const beforeLast = 5

var scenarios = []scenario{
	// What was asked for is another thing, or the same one.
	{name: "nothing changed", says: []string{"layers: all of 5 steps are reused, and the disk"}},
	{name: "the last script's bytes changed", in: editLast, ran: "last", says: []string{`4 of 5 steps are reused`, "its script changed"}},
	{name: "a file's content changed", in: changed("page", "<h1>bye</h1>"), ran: "page place last", says: []string{"its file changed"}},
	{name: "another version of a package", in: changed("install", install("nginx", "1.24")), ran: "install page place last"},
	{name: "the first step changed", in: changed("update", "echo upgraded | sudo tee -a /etc/made"), ran: all5,
		says: []string{"0 of 5 steps are reused"}},
	{name: "a step was added in between", in: func(in input) input {
		return in.with(func(in *input) {
			in.order = []string{"update", "install", "new", "page", "place", "last"}
			in.body["new"] = "echo new | sudo tee -a /etc/made"
		})
	}, ran: "new page place last", says: []string{"it is new before"}},
	{name: "a step was added at the end", in: func(in input) input {
		return in.with(func(in *input) {
			in.order = append(in.order, "new")
			in.body["new"] = "echo new | sudo tee -a /etc/made"
		})
	}, ran: "new", says: []string{"5 of 6 steps are reused"}},
	{name: "a step was removed", in: func(in input) input {
		return in.with(func(in *input) { in.order = []string{"update", "page", "place", "last"} })
	}, ran: "page place last", says: []string{`which came before it, is gone`}},
	{name: "steps were put in another order", in: func(in input) input {
		return in.with(func(in *input) { in.order = []string{"install", "update", "page", "place", "last"} })
	}, ran: "install update page place last", says: []string{"it comes in another order"}},
	{name: "a step was renamed", in: func(in input) input { return in.with(func(in *input) { in.label["install"] = "web server" }) }},
	{name: "the image template was renamed", in: func(in input) input { return in.with(func(in *input) { in.name = "site" }) }},
	{name: "another template with the same begin", in: func(in input) input {
		return in.with(func(in *input) {
			in.name, in.order = "db", []string{"update", "install", "data"}
			in.body["data"] = "echo data | sudo tee -a /etc/made"
		})
	}, ran: "data", says: []string{"2 of 3 steps are reused"}},
	{name: "the OS disk is larger", in: func(in input) input { return in.with(func(in *input) { in.disk = 32 }) }, ran: all5,
		says: []string{"another size of the disk was asked for"}},
	{name: "more memory was asked for", args: []string{"--memory", "640"}, ran: all5,
		says: []string{"another amount of memory was asked for"}},

	// Flags.
	{name: "--no-cache", args: []string{"--no-cache"}, ran: all5},
	{name: "--layers disk", vm: true, in: editLast, args: []string{"--layers", "disk"}, ran: "last"},
	{name: "--from a step", args: []string{"--from", "place"}, ran: "place last"},
	{name: "--rebuild a step", args: []string{"--rebuild", "customize[3]"}, ran: "place last"},

	// Layers were broken behind Ingot's back.
	{name: "the layer was removed", in: editLast, edit: remove(beforeLast, ""), ran: "place last"},
	{name: "a layer below it was removed", in: editLast, edit: remove(3, ""), ran: "install page place last", says: []string{"is gone"}},
	{name: "all layers were pruned", edit: func(t *testing.T, w *world) {
		if res := w.ingot("layers", "prune", "--keep", "0"); res.code != 0 || len(w.layers()) > 0 {
			t.Errorf("prune: exit code %d\n%s", res.code, res.stderr)
		}
	}, ran: all5},
	{name: "the finished disk was removed", edit: remove(7, "disk.qcow2")},
	{name: "the finished disk was cut", edit: truncate(7, "disk.qcow2"), says: []string{"its disk.qcow2 has"}},
	{name: "the disk was cut", in: editLast, edit: truncate(beforeLast, "disk.qcow2"), ran: "place last", says: []string{"its disk.qcow2 has"}},
	{name: "a bit of the disk", in: editLast, edit: flipBit(beforeLast, "disk.qcow2"), ran: "place last",
		says: []string{"its disk.qcow2 is not what it was"}},
	{name: "a bit of a disk below", in: editLast, edit: flipBit(3, "disk.qcow2"), ran: "install page place last",
		says: []string{"its disk.qcow2 is not what it was"}},
	{name: "the memory was removed", vm: true, in: editLast, edit: remove(beforeLast, "state"), ran: "last"},
	{name: "a bit of the memory", vm: true, in: editLast, edit: flipBit(beforeLast, "state"), ran: "last",
		says: []string{"is not used, only its disk: its state is not what it was"}},
	{name: "the record was cut", in: editLast, edit: truncate(beforeLast, "layer.json"), ran: "place last"},
	{name: "a bit of the record", in: editLast, edit: flipBit(beforeLast, "layer.json"), ran: "place last"},
	{name: "the record of another layer", in: editLast, edit: func(t *testing.T, w *world) {
		text, err := os.ReadFile(filepath.Join(w.layersDir(), w.ids[3], "layer.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.file(beforeLast, "layer.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}, ran: "place last"},
	{name: "a bit of the seed disk", in: editLast, edit: flipBit(beforeLast, "seed.iso"), ran: "place last",
		says: []string{"its seed.iso is not what it was"}},
	{name: "a bit of the builder's facts", in: editLast, edit: flipBit(beforeLast, "facts.json"), ran: "place last",
		says: []string{"its facts.json is not what it was"}},
	{name: "the way into the machine was removed", in: editLast, edit: remove(beforeLast, "way.sealed"), ran: "place last",
		says: []string{"its way.sealed is gone"}},
	{name: "the key of the state folder is another one", in: editLast, edit: func(t *testing.T, w *world) {
		path := filepath.Join(w.state(), "seal.key")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Error(err)
			}
		})
	}, ran: all5},
}

// TestLayerScenarios builds what each scenario says, on the layers of one first build, and compares its disk with that of a build from
// scratch. What needs no machine is in engine/layers too: TestDamage, TestWhy, TestPrune. Its machines are containers, where they can be:
// which layers are found, what is run again, and what comes of it is decided by the engine, whatever the machine is.
func TestLayerScenarios(t *testing.T) {
	h := newTinyHome(t).fast()
	newWorld(h).playAll(func(s scenario) bool { return !s.vm || h.on == "" })
}

// TestLayerScenariosOfVMs plays those that are about the VM, and the one that most are made of.
func TestLayerScenariosOfVMs(t *testing.T) {
	if lacking() != "" {
		t.Skip("TestLayerScenarios plays all of them in VMs")
	}
	newWorld(newTinyHome(t)).playAll(func(s scenario) bool { return s.vm || s.name == "the last script's bytes changed" })
}

// playAll plays the scenarios that fit.
func (w *world) playAll(fits func(scenario) bool) {
	t := w.t
	all := slices.DeleteFunc(slices.Concat(scenarios, hostScenarios, killScenarios), func(s scenario) bool { return !fits(s) })
	inputs := []input{w.first}
	for _, s := range all {
		inputs = append(inputs, s.of(w.first))
		for _, other := range s.also {
			inputs = append(inputs, other(w.first))
		}
	}
	w.fromScratch(inputs...)
	w.keepFirst()
	began, failed := time.Now(), 0
	for _, s := range all {
		if !t.Run(s.name, func(t *testing.T) { w.play(t, s) }) {
			failed++
		}
	}
	t.Logf("%d scenarios, each compared with a build from scratch; %d failed; %s", len(all), failed, time.Since(began).Round(time.Second))
}

// of is what the scenario builds.
func (s scenario) of(first input) input {
	if s.in == nil {
		return first
	}
	return s.in(first)
}

// play plays a scenario.
func (w *world) play(t *testing.T, s scenario) {
	was := w.t
	w.t = t
	defer func() { w.t = was }()
	w.reset()
	if s.edit != nil {
		s.edit(t, w)
	}
	var b built
	if s.play != nil {
		b = s.play(t, w)
	} else {
		b = w.build(s.of(w.first), append(append([]string{}, small...), s.args...)...)
	}
	if b.code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", b.code, lastLines(b.stdout, 20), b.stderr)
	}
	if !slices.Contains(strings.Split(s.ran, "|"), b.ran) {
		t.Errorf("ran %q, want %q; it said:\n%s", b.ran, s.ran, grep(b.says, "layers:"))
	}
	for _, want := range s.says {
		if !strings.Contains(b.says, want) {
			t.Errorf("%q is not said in:\n%s", want, grep(b.says, "layers:"))
		}
	}
	w.wantSame(t, s.of(w.first), b)
	w.nothingHangs(t)
}

// grep gives the lines that have a text in them.
func grep(text, with string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		if strings.Contains(l, with) {
			b.WriteString(l)
		}
	}
	return b.String()
}

// remove removes a file of the layer before step i, or all of it.
func remove(i int, name string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		if err := os.RemoveAll(w.file(i, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func truncate(i int, name string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		if err := os.Truncate(w.file(i, name), 100); err != nil {
			t.Fatal(err)
		}
	}
}

// flipBit changes one bit in the middle of a file, and leaves its time as it was.
func flipBit(i int, name string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		info, err := os.Stat(filepath.Join(w.layersDir(), w.ids[i], name))
		if err != nil {
			t.Fatal(err)
		}
		path := w.file(i, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[len(text)/2] ^= 1
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
}
