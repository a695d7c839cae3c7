package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/events"
)

// input is all that a build of the scenarios is made of. Two builds of equal inputs have to come to equal disks, whatever is reused.
type input struct {
	name  string            // of the image template
	order []string          // the customizers, by what they are called in bodies
	body  map[string]string // what each of them does; see write
	label map[string]string // the names that people gave them; missing: as in bodies
	disk  int               // osDiskSizeGB; 0: that of the source
	base  string            // the disk behind the base image
}

// first is the input that all layers of the scenarios are kept of.
func first(base string) input {
	return input{
		name:  "web",
		order: []string{"update", "install", "page", "place", "last"},
		body: map[string]string{
			"update":  "echo updated | sudo tee -a /etc/made",
			"install": install("nginx", "1.22"),
			"page":    "<h1>hello</h1>",
			"place":   "sudo cp /tmp/page.html /etc/page.html",
			"last":    "#!/bin/sh\necho last | sudo tee -a /etc/made\n",
		},
		label: map[string]string{},
		base:  base,
	}
}

// install is a script that adds a package, as far as dpkg's record of packages goes.
func install(name, version string) string {
	record := fmt.Sprintf(`Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n`, name, version)
	return fmt.Sprintf("sudo mkdir -p /var/lib/dpkg /opt/%[1]s\nprintf '%[2]s' | sudo tee -a /var/lib/dpkg/status\nhead -c 300000 /dev/zero | tr '\\0' x | sudo tee /opt/%[1]s/data >/dev/null\necho installed %[1]s | sudo tee -a /etc/made",
		name, record)
}

// with gives a copy that differs.
func (in input) with(change func(*input)) input {
	in.order = slices.Clone(in.order)
	for _, m := range []*map[string]string{&in.body, &in.label} {
		clone := map[string]string{}
		for k, v := range *m {
			clone[k] = v
		}
		*m = clone
	}
	change(&in)
	return in
}

// set gives a copy in which a customizer does something else.
func (in input) set(customizer, body string) input {
	return in.with(func(in *input) { in.body[customizer] = body })
}

// sameDisk is equal for inputs that come to the same disk.
func (in input) sameDisk() string {
	var b strings.Builder
	for _, c := range in.order {
		fmt.Fprintf(&b, "%q: %q, ", c, in.body[c])
	}
	return fmt.Sprint(b.String(), in.disk, in.base)
}

// token is what is in the secret parameter of every build, unless the input has another one.
const token = "s3cr3t-0f-th3-s3rv1c3"

// write puts the image template and what belongs to it into a folder, and gives the arguments of a build of it. The customizer "page" is
// a File, "last" has a script of its own; all others are inline. One called "secret" uses the parameter, which its body is.
func (in input) write(t *testing.T, dir string) []string {
	t.Helper()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := token
	var customize []map[string]any
	for _, c := range in.order {
		label := c
		if l := in.label[c]; l != "" {
			label = l
		}
		one := map[string]any{"type": "Shell", "name": label}
		switch c {
		case "page":
			put("page.html", in.body[c])
			one = map[string]any{"type": "File", "name": label, "sourceUri": "page.html", "destination": "/tmp/page.html"}
		case "last":
			put("last.sh", in.body[c])
			one["scriptUri"] = "last.sh"
		case "secret":
			secret = in.body[c]
			one["inline"] = []string{"[concat('echo ', parameters('token'), ' | sha256sum | sudo tee /etc/secret')]"}
		default:
			one["inline"] = strings.Split(in.body[c], "\n")
		}
		customize = append(customize, one)
	}
	properties := map[string]any{
		"source":     map[string]any{"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "latest"},
		"customize":  customize,
		"distribute": []map[string]any{{"type": "VHD", "runOutputName": "vhd"}},
	}
	if in.disk > 0 {
		properties["vmProfile"] = map[string]any{"osDiskSizeGB": in.disk}
	}
	text, err := json.MarshalIndent(map[string]any{
		"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
		"parameters": map[string]any{"token": map[string]any{"type": "securestring"}},
		"resources": []map[string]any{{
			"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": in.name, "location": "westeurope",
			"identity": map[string]any{"type": "UserAssigned", "userAssignedIdentities": map[string]any{
				"/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": map[string]any{},
			}},
			"properties": properties,
		}},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	put(in.name+".json", string(text))
	return []string{"build", filepath.Join(dir, in.name+".json"), "--param", "token=" + secret, "--output", "json"}
}

// world is an Ingot with the layers of one build, which every scenario finds again, and builds from scratch to compare with.
type world struct {
	*home
	first input
	ids   []string // of the layers of that build: ids[i] is the machine before step i of the plan, the last one the finished disk
	saved string   // a copy of them

	scratch map[string]chan scratched
	mu      sync.Mutex
	urgent  string // what a scenario waits for; "": nothing
	lane    *home  // where builds from scratch are made
	life    context.Context
}

// scratched is a build that nothing was reused for.
type scratched struct {
	vhd string
	err error
}

// small is the machine of all builds here: little memory makes small layers.
var small = []string{"--cpus", "1", "--memory", "512"}

func newWorld(h *home) *world {
	t := h.t
	t.Helper()
	w := &world{home: h, first: first(h.image), scratch: map[string]chan scratched{}, saved: filepath.Join(h.root, "saved"), life: t.Context()}
	w.lane = &home{t: t, root: filepath.Join(h.root, "scratch"), bin: h.bin, image: h.image, on: h.on}
	if err := os.Mkdir(w.lane.root, 0o700); err != nil {
		t.Fatal(err)
	}
	w.lane.setState(filepath.Join(w.lane.root, "state"))
	w.lane.addImage("debian-12", h.image)
	t.Cleanup(w.lane.nothingLeft)
	w.updateImage()
	return w
}

// layersDir is where layers are.
func (w *world) layersDir() string { return filepath.Join(w.root, "cache/ingot/layers") }

// keepFirst makes the layers of the first build, and a copy of them by links: who damages a layer has to break its link.
func (w *world) keepFirst() {
	w.t.Helper()
	b := w.build(w.first, small...)
	if b.code != 0 {
		w.t.Fatalf("the first build: exit code %d\n%s\n%s", b.code, lastLines(b.stdout, 20), b.stderr)
	}
	w.ids = w.chain()
	if len(w.ids) != 8 {
		w.t.Fatalf("the first build left layers %v, want 7", w.ids)
	}
	w.link(w.layersDir(), w.saved)
}

// reset puts the layers of the first build back.
func (w *world) reset() {
	w.t.Helper()
	if err := os.RemoveAll(w.layersDir()); err != nil {
		w.t.Fatal(err)
	}
	w.link(w.saved, w.layersDir())
}

func (w *world) link(from, to string) {
	w.t.Helper()
	if out, err := exec.Command("cp", "-al", from, to).CombinedOutput(); err != nil {
		w.t.Fatalf("cp -al %s %s: %v: %s", from, to, err, out)
	}
}

// listed is what "ingot layers ls" tells of a layer.
type listed struct {
	ID, Template, After, Damaged, Folder string
	Steps                                int
	Memory, InUse                        bool
}

func (w *world) layers() []listed {
	w.t.Helper()
	res := w.ingot("layers", "ls", "--output", "json")
	var report struct{ Layers []listed }
	if err := json.Unmarshal([]byte(res.stdout), &report); err != nil {
		w.t.Fatalf("ingot layers ls: %v\n%s", err, res.stderr)
	}
	return report.Layers
}

// chain gives the layers of a store that has one build only.
func (w *world) chain() []string {
	ids := []string{""}
	for _, l := range w.layers() {
		if l.Steps != len(ids) {
			w.t.Fatalf("layer %s is of %d steps, want %d", l.ID, l.Steps, len(ids))
		}
		ids = append(ids, l.ID)
	}
	return ids
}

// file is the path of a file of the layer before step i; breaking it does not break the copy.
func (w *world) file(i int, name string) string {
	w.t.Helper()
	path := filepath.Join(w.layersDir(), w.ids[i], name)
	if name == "" {
		return path
	}
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := errors.Join(os.Remove(path), os.WriteFile(path, text, 0o600)); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// built is a build that ended.
type built struct {
	result
	ran  string // the customizers that were run, in order
	says string // all that Ingot said, and what its guest complained of, one line each
	vhd  string
}

// build builds an input to its end.
func (w *world) build(in input, more ...string) built {
	w.t.Helper()
	return w.begin(in, more...).end()
}

// building is a build on its way.
type building struct{ *running }

func (w *world) begin(in input, more ...string) building {
	w.t.Helper()
	dir, err := os.MkdirTemp(w.root, "input-")
	if err != nil {
		w.t.Fatal(err)
	}
	return w.beginAt(dir, in, more...)
}

func (w *world) beginAt(dir string, in input, more ...string) building {
	w.t.Helper()
	args := append(in.write(w.t, dir), "--layers", "on")
	return building{w.start(append(args, more...)...)}
}

func (b building) end() built {
	b.h.t.Helper()
	return readBuilt(b.wait())
}

func readBuilt(res result) built {
	b := built{result: res}
	var ran []string
	for line := range strings.Lines(res.stdout) {
		var e events.Event
		if json.Unmarshal([]byte(line), &e) != nil {
			continue
		}
		switch {
		case e.State != nil && e.State.Phase == events.Running && strings.HasPrefix(e.Step, "customize"):
			_, name, _ := strings.Cut(e.State.Title, " ")
			ran = append(ran, name)
		case e.Output != nil && (e.Output.Stream == events.Say || e.Output.Stream == events.Stderr):
			b.says += e.Output.Text + "\n"
		case e.RunOutput != nil:
			b.vhd = e.RunOutput.Path
		}
	}
	b.ran = strings.Join(ran, " ")
	return b
}

// fromScratch begins to build inputs without layers, one after another, beside what else goes on. Equal ones are built once. One that a
// scenario waits for comes first, so a run of few scenarios is short.
func (w *world) fromScratch(inputs ...input) {
	var todo []input
	for _, in := range inputs {
		key := in.sameDisk()
		if w.scratch[key] == nil {
			w.scratch[key] = make(chan scratched, 1)
			todo = append(todo, in)
		}
	}
	done := make(chan struct{})
	w.t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		if w.lane.on == "" { // the test has one place for a VM itself
			machines <- struct{}{}
			defer func() { <-machines }()
		}
		for len(todo) > 0 && w.life.Err() == nil {
			at := max(0, slices.IndexFunc(todo, func(in input) bool { return w.isUrgent(in) }))
			in := todo[at]
			todo = slices.Delete(todo, at, at+1)
			w.scratch[in.sameDisk()] <- w.scratchOf(in)
		}
	}()
}

func (w *world) isUrgent(in input) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.urgent == in.sameDisk()
}

func (w *world) scratchOf(in input) scratched {
	dir, err := os.MkdirTemp(w.lane.root, "input-")
	if err != nil {
		return scratched{err: err}
	}
	run := func(args ...string) (result, error) {
		var out, stderr bytes.Buffer
		cmd := exec.CommandContext(w.life, w.lane.bin, w.lane.placed(args)...)
		cmd.Env, cmd.Stdout, cmd.Stderr = w.lane.env, &out, &stderr
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // a build that nobody waits for any more cleans up
		if err := cmd.Run(); err != nil {
			return result{}, fmt.Errorf("ingot %s: %w\n%s\n%s", strings.Join(args, " "), err, lastLines(out.String(), 10), stderr.String())
		}
		return result{stdout: out.String(), stderr: stderr.String()}, nil
	}
	if _, err := run("image", "add", "debian-12", w.path(in.base), "--replace"); err != nil {
		return scratched{err: err}
	}
	res, err := run(append(append(in.write(w.t, dir), "--layers", "off"), small...)...)
	if err != nil {
		return scratched{err: err}
	}
	return scratched{vhd: readBuilt(res).vhd}
}

// wantSame holds the disk of a build against that of a build from scratch: every file with its bytes, owner and rights, and every package.
// Nothing is left out of the comparison.
func (w *world) wantSame(t *testing.T, in input, b built) {
	t.Helper()
	made, ok := w.scratch[in.sameDisk()]
	if !ok {
		t.Fatal("nobody builds this input from scratch")
	}
	w.mu.Lock()
	w.urgent = in.sameDisk()
	w.mu.Unlock()
	s := <-made
	made <- s
	if s.err != nil {
		t.Fatal(s.err)
	}
	if b.vhd == "" {
		t.Fatal("the build has no output")
	}
	if r := compare(t, s.vhd, b.vhd); !r.Empty() {
		text, err := json.MarshalIndent(r, "", " ")
		t.Errorf("differs from a build from scratch: %v\n%s", err, lastLines(string(text), 60))
	}
	if err := os.RemoveAll(filepath.Dir(b.vhd)); err != nil {
		t.Error(err)
	}
}

func compare(t *testing.T, a, b string) *diskdiff.Report {
	t.Helper()
	var disks [2]*diskdiff.Disk
	for i, path := range []string{a, b} {
		d, err := diskdiff.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		disks[i] = d
	}
	r, err := diskdiff.Compare(t.Context(), disks[0], disks[1], diskdiff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// nothingHangs holds that no layer is half made, none is in use, and that nothing is noted in the ledger.
func (w *world) nothingHangs(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(w.layersDir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "bases" || e.Name() == "pins" || slices.Contains(w.ids, e.Name()) {
			continue // what a scenario has broken is among these
		}
		if _, err := os.Stat(filepath.Join(w.layersDir(), e.Name(), "layer.json")); err != nil {
			t.Errorf("a draft was left: %v", err)
		}
	}
	if pins, err := filepath.Glob(filepath.Join(w.layersDir(), "pins", "*")); err != nil || len(pins) > 0 {
		t.Errorf("pins were left: %v, %v", pins, err)
	}
	for _, l := range w.layers() {
		if l.InUse {
			t.Errorf("layer %s is in use still", l.ID)
		}
	}
	res := w.ingot("clean", "--output", "json")
	var report struct{ Leftovers []json.RawMessage }
	if err := json.Unmarshal([]byte(res.stdout), &report); err != nil || len(report.Leftovers) > 0 {
		t.Errorf("the ledger has %s, %v\n%s", report.Leftovers, err, res.stderr)
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind:\n  %s", strings.Join(left, "\n  "))
	}
}
