package build_test

import (
	"context"
	"crypto/sha256"
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
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/qemu"
	"github.com/ingot-build/ingot/translate/plan"
)

const (
	imageID      = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/web"
	definitionID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/web"
)

// bench is everything one run needs, in folders of the test's own, with a scripted guest instead of a machine.
type bench struct {
	t       *testing.T
	dirs    store.Dirs
	store   *store.Store
	gallery *gallery.Gallery
	guest   *provtest.Guest
	comm    packersdk.Communicator // nil: guest
	// provisioners are the real ones, unless a test says otherwise.
	provisioners map[string]func() packersdk.Provisioner
	target       *targettest.Fake
	on           target.Target            // nil: target
	then         *targettest.Fake         // of VMs, where target is of containers; nil: there is none
	at           func(where string) error // called inside the builder; "boot", "shutdown"
	plan         *plan.Plan
	staging      resolve.Policy
	machine      guest.Profile // of the base disk

	generalizeTimeout *time.Duration
	fallbackSizes     []string
	attend            *build.Attend
	decides           build.Bench // nil: nobody
	until             string
	moves, verify     bool
	strict            []fidelity.Kind
	layers            build.LayerUse
	key               *seal.Key // with layers
	freeze            func() error
	vm                target.Machine
	values            map[string]any // that the builder tells of the guest

	ran    string       // id of the last run
	result build.Result // what came of it

	mu     sync.Mutex
	events []events.Event
	onStep func(step string, phase events.Phase)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skip("qemu-img is not installed (Debian package qemu-utils): the finished disk cannot be written")
	}
	root := t.TempDir()
	b := &bench{
		t:            t,
		dirs:         store.Dirs{State: root + "/state", Data: root + "/data", Cache: root + "/cache"},
		guest:        &provtest.Guest{},
		target:       &targettest.Fake{},
		provisioners: all.Provisioners(),
		at:           func(string) error { return nil },
		onStep:       func(string, events.Phase) {},
	}
	t.Cleanup(b.guest.Close)
	var err error
	if b.store, err = store.Open(t.Context(), b.dirs); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.store.Close(); err != nil {
			t.Error(err)
		}
	})
	if b.gallery, err = gallery.Open(filepath.Join(b.dirs.Data, "gallery")); err != nil {
		t.Fatal(err)
	}
	b.plan = &plan.Plan{
		Name: "web", OS: plan.Linux, TimeoutMinutes: 10,
		Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "latest"}},
		Steps: []plan.Step{
			{ID: "customize[0]", Name: "install", Shell: &plan.Shell{Script: plan.Content{FileName: "01-install.sh", Text: "#!/bin/sh\ntrue\n"}}},
			{ID: "customize[1]", File: &plan.File{Content: plan.Content{FileName: "02-page.html", URI: "page.html"}, Destination: "/tmp/page.html"}},
		},
		Destinations: []plan.Destination{
			{ID: "distribute[0]", RunOutputName: "version", SharedImage: &plan.SharedImage{DefinitionID: definitionID, Scheme: plan.SchemeLatest}},
			{ID: "distribute[1]", RunOutputName: "image", ManagedImage: &plan.ManagedImage{ID: imageID}},
		},
	}
	if err := os.WriteFile(filepath.Join(root, "page.html"), []byte("<h1>hello</h1>"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(root, "base.raw")
	if err := os.WriteFile(base, slices.Repeat([]byte("base disk"), 100_000), 0o444); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) root() string { return filepath.Dir(b.dirs.State) }

func (b *bench) Find(context.Context, string, string, string, string) (resolve.Disk, error) {
	return resolve.Disk{
		Path: filepath.Join(b.root(), "base.raw"), Format: "raw", VirtualSize: 900_000, Version: "0.1.2", Machine: b.machine,
	}, nil
}

func (b *bench) Record(ctx context.Context, run string, kind store.Kind, name string) error {
	_, err := b.store.Record(ctx, run, kind, name)
	return err
}

func (b *bench) Strike(ctx context.Context, run string, kind store.Kind, name string) error {
	return b.store.Forget(ctx, run, kind, name)
}

func (b *bench) Keep(ctx context.Context, run, how string) error { return b.store.Keep(ctx, run, how) }

func (b *bench) Undo(ctx context.Context, run string) error {
	return ledger.Undo(ctx, b.store, nil, run)
}

// newBuilder makes what runs of b are done with. The caller calls done.
func (b *bench) newBuilder() (builder *build.Builder, done func()) {
	b.t.Helper()
	cache, err := resolve.OpenContentStore(filepath.Join(b.dirs.Cache, "downloads"))
	if err != nil {
		b.t.Fatal(err)
	}
	on := b.on
	if on == nil {
		on = b.target
	}
	builder = &build.Builder{
		Target: on,
		Registry: packercore.Registry{
			Builders:     map[string]func() packersdk.Builder{"ingot-qemu": func() packersdk.Builder { return &scripted{bench: b} }},
			Provisioners: b.provisioners,
			Linked:       all.Linked(),
		},
		Place: &build.Local{Images: b, Gallery: b.gallery, Runner: runcmd.Host{}}, Ledger: b, Dirs: b.dirs,
		Resolver: resolve.Options{Cache: cache, Delays: []time.Duration{time.Millisecond}},
	}
	if b.then != nil {
		builder.Then = b.then
	}
	if b.key != nil {
		if builder.LayerStore, err = layers.Open(filepath.Join(b.dirs.Cache, "layers"), b.key, time.Now); err != nil {
			b.t.Fatal(err)
		}
		return builder, func() { _ = builder.LayerStore.Close() }
	}
	return builder, func() {}
}

// run does one run and returns what it came to, after checking that nothing stayed behind.
func (b *bench) run(ctx context.Context) ([]*events.RunOutput, error) {
	b.t.Helper()
	builder, done := b.newBuilder()
	defer done()
	active, err := b.store.Start(ctx, store.Run{Name: b.plan.Name, TemplateFile: b.root() + "/web.json"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.ran = active.Run().ID
	mask := &events.Mask{}
	sink := events.Serial(active.Run().ID, events.Tee(active.Sink(), b.note), time.Now)
	res, rerr := builder.Run(ctx, build.Request{
		Plan: b.plan, TemplateDir: b.root(), Staging: b.staging, GeneralizeTimeout: b.generalizeTimeout, FallbackSizes: b.fallbackSizes,
		Attend: b.attend, Bench: b.decides, Until: b.until, StrictFidelity: b.strict, Layers: b.layers, Machine: b.vm,
		Moves: b.moves, VerifyInVM: b.verify,
	}, active, mask, sink)
	if err := active.Close(); err != nil {
		b.t.Error(err)
	}
	b.result = res
	if res.Kept == nil {
		b.nothingLeft(active.Run().ID)
	}
	return res.Outputs, rerr
}

// sum is the checksum of a file.
func sum(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

func (b *bench) note(e events.Event) {
	b.mu.Lock()
	b.events = append(b.events, e)
	b.mu.Unlock()
	if e.State != nil {
		b.onStep(e.Step, e.State.Phase)
	}
}

func (b *bench) nothingLeft(run string) {
	b.t.Helper()
	entries, err := b.store.Entries(context.Background(), run)
	if err != nil || len(entries) > 0 {
		b.t.Errorf("ledger still lists %v (%v)", entries, err)
	}
	for _, dir := range []string{b.dirs.Staging(), filepath.Join(b.dirs.Data, "gallery", ".incoming")} {
		left, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
			b.t.Errorf("%s still holds %v (%v)", dir, left, err)
		}
	}
	if left, err := b.gallery.Leftovers(context.Background()); err != nil || len(left) > 0 {
		b.t.Errorf("the gallery still holds %v (%v)", left, err)
	}
}

// phases gives the last phase of every step, in order of first mention.
func (b *bench) phases() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var order []string
	last := map[string]events.Phase{}
	for _, e := range b.events {
		if e.State == nil {
			continue
		}
		if _, known := last[e.Step]; !known {
			order = append(order, e.Step)
		}
		last[e.Step] = e.State.Phase
	}
	for i, step := range order {
		order[i] = step + ": " + string(last[step])
	}
	return order
}

// scripted is the builder ingot-qemu with a scripted guest: it takes the same configuration and leaves the same disk behind.
type scripted struct {
	bench  *bench
	config cty.Value
}

func (s *scripted) ConfigSpec() hcldec.ObjectSpec { return qemu.New().ConfigSpec() }

func (s *scripted) Prepare(raws ...any) ([]string, []string, error) {
	for _, raw := range raws {
		if config, ok := raw.(cty.Value); ok {
			s.config = config
		}
	}
	return nil, nil, nil
}

func (s *scripted) get(name string) string { return s.config.GetAttr(name).AsString() }

func (s *scripted) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	ctx, cancel := context.WithCancel(ctx) // as a real one's, which ends with its machine
	defer cancel()
	dir := s.get("output_directory")
	disk := filepath.Join(dir, "disk.qcow2")
	under, format := s.get("source_disk"), s.get("source_format")
	if layer := s.config.GetAttr("layer"); !layer.IsNull() && layer.AsString() != "" {
		under, format = filepath.Join(layer.AsString(), "disk.qcow2"), "qcow2"
	}
	if err := overlay(ctx, disk, under, format); err != nil {
		return nil, err
	}
	which := ""
	if strings.HasSuffix(s.get("vm_name"), "-validate") {
		which = "validate "
	}
	phase := func(step string) error {
		ui.Machine("ingot-state", step, "running", "")
		if err := s.bench.at(which + step); err != nil {
			ui.Machine("ingot-state", step, "failed", "")
			return err
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		ui.Machine("ingot-state", step, "done", "")
		return nil
	}
	if err := os.WriteFile(filepath.Join(dir, "console.log"), []byte("Linux version 6.1\n"), 0o600); err != nil {
		return nil, err
	}
	if err := phase("boot"); err != nil {
		return nil, err
	}
	comm := s.bench.comm
	if comm == nil {
		comm = s.bench.guest
	}
	if s.bench.key != nil {
		comm = &freezing{Communicator: comm, bench: s.bench, disk: disk}
	}
	if err := hook.Run(ctx, packersdk.HookProvision, ui, comm, s.bench.values); err != nil {
		ui.Error("giving up") // which is not what the step said
		return nil, err
	}
	if err := phase("shutdown"); err != nil {
		return nil, err
	}
	return &packersdk.MockArtifact{FilesValue: []string{disk}}, nil
}

func TestRunPublishes(t *testing.T) {
	b := newBench(t)
	outputs, err := b.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, out := range outputs {
		ids = append(ids, out.ArtifactID)
		if _, err := os.Stat(out.Path); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{definitionID + "/versions/0.0.1", imageID}, ids); diff != "" {
		t.Errorf("artifacts (-want +got):\n%s", diff)
	}
	want := []string{
		"resolve: done", "boot: done", "customize[0]: done", "customize[1]: done", "shutdown: done", "write disk: done",
		"distribute[0]: done", "distribute[1]: done",
	}
	if diff := cmp.Diff(want, b.phases()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if got := string(b.guest.Files()["/tmp/page.html"]); got != "<h1>hello</h1>" {
		t.Errorf("the guest has %q", got)
	}
	runs, err := b.store.Runs(t.Context())
	if err != nil || len(runs) != 1 || len(runs[0].Outputs) != 2 {
		t.Fatalf("record = %+v, %v", runs, err)
	}
	for _, kept := range []string{"packer/image.pkr.hcl", "packer/files/01-install.sh", "plan.json", "console.log"} {
		if _, err := os.Stat(filepath.Join(runs[0].Dir, kept)); err != nil {
			t.Errorf("the run's folder lacks what was run: %v", err)
		}
	}
}

func TestSecondRunBuildsOnTheFirst(t *testing.T) {
	b := newBench(t)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.plan.Source = plan.Source{SharedImage: &plan.ImageRef{ID: definitionID + "/versions/latest"}}
	b.target.Problems = nil
	outputs, err := b.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outputs[0].ArtifactID, definitionID+"/versions/0.0.2"; got != want {
		t.Errorf("artifact = %s, want %s", got, want)
	}
	if e := b.plan.Source.Exact; e == nil || e.Version != "0.0.1" || e.Format != "vpc" {
		t.Errorf("source resolved to %+v", e)
	}
}

// TestFailures lets each stage fail: the error says so in the words of the user, later steps do not run, nothing stays behind.
func TestFailures(t *testing.T) {
	power := errors.New("power cut")
	tests := []struct {
		name     string
		set      func(*bench)
		as       any // pointer to the error type wanted
		want     []string
		lastStep string
	}{
		{
			"host not ready",
			func(b *bench) {
				b.target.Problems = []target.Problem{{What: "no QEMU", Why: "it is gone", Fix: "apt-get install"}}
			},
			new(*build.HostError), []string{"no QEMU"}, "resolve: pending",
		},
		{
			"missing file",
			func(b *bench) { b.plan.Steps[1].File.Content.URI = "pgae.html" },
			new(*build.DiagnosticsError), []string{"pgae.html", "ING4004"}, "resolve: failed",
		},
		{
			"destination without a place",
			func(b *bench) { b.plan.Destinations[1].ManagedImage.ID = "web" },
			new(*build.DiagnosticsError), []string{"no place on this machine"}, "resolve: failed",
		},
		{
			"boot",
			func(b *bench) {
				b.at = func(where string) error {
					if where == "boot" {
						return fmt.Errorf("%w\n  fix:  wait for it to come back\n  last lines of the console:\n    Booting", power)
					}
					return nil
				}
			},
			new(*build.RunError),
			[]string{"build: power cut\n", "last lines of the console:\n  Booting\n", "wait for it to come back; full log: ingot logs"},
			"boot: failed",
		},
		{
			"customizer exits non-zero",
			func(b *bench) {
				b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Stderr: "nginx: not found\n", Exit: 127}}
			},
			new(*build.RunError), []string{`customizer "install" exited with 127`, "last line: nginx: not found", "--step 'customize[0]'"},
			"customize[0]: failed",
		},
		{
			"shutdown",
			func(b *bench) {
				b.at = func(where string) error {
					if where == "shutdown" {
						return power
					}
					return nil
				}
			},
			new(*build.RunError), []string{"power cut"}, "shutdown: failed",
		},
		{
			"one of two distributors",
			func(b *bench) {
				b.onStep = func(step string, phase events.Phase) {
					if step == "distribute[1]" && phase == events.Running {
						blockImage(b)
					}
				}
			},
			new(*distribute.PartialError), []string{"1 images out of total 2"}, "distribute[1]: failed",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.set(b)
			_, err := b.run(t.Context())
			if err == nil || !errors.As(err, tt.as) {
				t.Fatalf("error = %v (%T), want a %T", err, err, tt.as)
			}
			text := err.Error()
			var failed *build.RunError
			if errors.As(err, &failed) {
				p := failed.Problem
				text = strings.Join([]string{p.What, p.Where, p.Why, p.Fix}, "\n")
			}
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in:\n%s", want, text)
				}
			}
			if !slices.Contains(b.phases(), tt.lastStep) {
				t.Errorf("steps = %q, want %q among them", b.phases(), tt.lastStep)
			}
		})
	}
}

// blockImage puts a file where the managed image's folder would be.
func blockImage(b *bench) {
	path := filepath.Join(b.gallery.Root(), "subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images")
	_ = os.MkdirAll(filepath.Dir(path), 0o700)
	_ = os.WriteFile(path, nil, 0o600)
}

// TestCancelAtEveryStep cancels when each step begins: the run ends with the cause, and nothing stays behind.
func TestCancelAtEveryStep(t *testing.T) {
	steps := []string{"resolve", "boot", "customize[0]", "customize[1]", "shutdown", "write disk", "distribute[0]", "distribute[1]"}
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			b := newBench(t)
			if step == "customize[0]" { // cancel in the middle of a script that would never end
				b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Hang: true}}
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			enough := errors.New("the user pressed Ctrl-C")
			b.onStep = func(s string, phase events.Phase) {
				if s == step && phase == events.Running {
					cancel(enough)
				}
			}
			_, err := b.run(ctx)
			if !errors.Is(err, enough) {
				t.Fatalf("error = %v, want %v", err, enough)
			}
			for _, phase := range b.phases() {
				if strings.HasSuffix(phase, string(events.Running)) {
					t.Errorf("step still counts as running: %s", phase)
				}
			}
		})
	}
}

func TestTimeoutSaysWhatWasRunning(t *testing.T) {
	b := newBench(t)
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Stdout: "waiting for a lock\n", Hang: true}}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, &build.TimeoutError{After: 2 * time.Second})
	defer cancel()
	_, err := b.run(ctx)
	var failed *build.RunError
	if !errors.As(err, &failed) {
		t.Fatalf("error = %v, want a *RunError", err)
	}
	p := failed.Problem
	for _, want := range []string{"build timeout of 2s is over", "step customize[0]", "waiting for a lock", "--timeout"} {
		if text := p.What + "\n" + p.Where + "\n" + p.Why + "\n" + p.Fix; !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
