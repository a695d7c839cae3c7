package packercore_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/multistep"
	"github.com/hashicorp/packer-plugin-sdk/multistep/commonsteps"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// fakeBuilder builds on a scripted guest, with the steps and the runner a real builder has.
type fakeBuilder struct {
	guest   *provtest.Guest
	raws    []any  // what Prepare was given
	prepare error  // what Prepare returns
	boot    func() // called while it boots
	cleaned bool   // its steps were cleaned up
	mute    bool   // it reports neither artifact nor error

	comm    packersdk.Communicator // nil: guest
	console func(packersdk.Ui)     // what the guest's console says while it boots; may be nil
}

func (*fakeBuilder) ConfigSpec() hcldec.ObjectSpec {
	return hcldec.ObjectSpec{
		"note": &hcldec.AttrSpec{Name: "note", Type: cty.String},
		"size": &hcldec.AttrSpec{Name: "size", Type: cty.Number},
	}
}

func (b *fakeBuilder) Prepare(raws ...any) (generated, warnings []string, err error) {
	b.raws = raws
	return []string{"Colour"}, nil, b.prepare
}

func (b *fakeBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	state := new(multistep.BasicStateBag)
	state.Put("hook", hook)
	state.Put("ui", ui)
	(&multistep.BasicRunner{Steps: []multistep.Step{&fakeBoot{b}, new(commonsteps.StepProvision)}}).Run(ctx, state)
	if err, ok := state.Get("error").(error); ok {
		// As many builders do: the text is passed on, the type is lost.
		return nil, fmt.Errorf("build failed: %v", err)
	}
	_, cancelled := state.GetOk(multistep.StateCancelled)
	_, halted := state.GetOk(multistep.StateHalted)
	if cancelled || halted || b.mute {
		return nil, nil
	}
	return &packersdk.MockArtifact{IdValue: "disk.qcow2", FilesValue: []string{"disk.qcow2"}, StateValues: map[string]any{
		"format": "qcow2",
	}}, nil
}

// fakeBoot makes the guest ready, and takes it away at the end.
type fakeBoot struct{ b *fakeBuilder }

func (s *fakeBoot) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	ui := state.Get("ui").(packersdk.Ui)
	ui.Machine("ingot-state", "boot", "running", "slowly")
	ui.Machine("ingot-console", "Linux version 6.1")
	ui.Say("waiting for the guest")
	ui.Machine("ingot-progress", "boot", "guest", "1", "3", "checks")
	if s.b.boot != nil {
		s.b.boot()
	}
	if s.b.console != nil {
		s.b.console(ui)
	}
	ui.Machine("ingot-state", "boot", "done", "")
	if s.b.comm == nil {
		s.b.comm = s.b.guest
	}
	state.Put("communicator", s.b.comm)
	state.Put("instance_id", "vm-3f2a")
	state.Put("generated_data", map[string]any{"Colour": "teal"})
	state.Put("communicator_config", &communicator.Config{Type: "ssh", SSH: communicator.SSH{
		SSHHost: "127.0.0.1", SSHPort: 2222, SSHUsername: "packer", SSHPassword: "hunter22",
		SSHPrivateKey: []byte("-----BEGIN KEY-----\nAAAAsecretlineAAAA\n-----END KEY-----\n"),
	}})
	return multistep.ActionContinue
}

func (s *fakeBoot) Cleanup(multistep.StateBag) {
	s.b.cleaned = true
	s.b.guest.Close()
}

// panicker is a provisioner that panics where it is told to.
type panicker struct{ in string }

func (p panicker) ConfigSpec() hcldec.ObjectSpec {
	if p.in == "ConfigSpec" {
		panic("no spec")
	}
	return hcldec.ObjectSpec{}
}

func (p panicker) Prepare(...any) error {
	if p.in == "Prepare" {
		panic("not prepared for that")
	}
	return nil
}

func (p panicker) Provision(context.Context, packersdk.Ui, packersdk.Communicator, map[string]any) error {
	panic("no way")
}

// rig is a template in a folder, the components to run it with, and what was emitted.
type rig struct {
	t       *testing.T
	dir     string
	builder *fakeBuilder
	reg     packercore.Registry
	opts    packercore.Options

	mu     sync.Mutex
	events []events.Event
}

// newRig writes the files; a name without an extension is one of files/, and listed in SHA256SUMS.
func newRig(t *testing.T, files map[string]string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), builder: &fakeBuilder{guest: &provtest.Guest{}}}
	writeFolder(t, r.dir, files)
	r.reg = packercore.Registry{
		Builders:     maps.Clone(all.Builders()),
		Provisioners: maps.Clone(all.Provisioners()),
		Linked:       all.Linked(),
	}
	r.reg.Builders["fake"] = func() packersdk.Builder { return r.builder }
	for _, in := range []string{"ConfigSpec", "Prepare", "Provision"} {
		r.reg.Provisioners["panic-"+in] = func() packersdk.Provisioner { return panicker{in} }
	}
	clock := time.Unix(0, 0)
	r.opts = packercore.Options{Dir: r.dir, Mask: new(events.Mask), Now: func() time.Time { return clock }}
	t.Cleanup(r.builder.guest.Close)
	return r
}

func (r *rig) build(ctx context.Context) (*packercore.Artifact, error) {
	return packercore.Build(ctx, r.reg, r.opts, func(e events.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
}

// lines renders what was emitted, one event a line.
func (r *rig) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.events {
		switch {
		case e.State != nil:
			text := fmt.Sprintf("%s: %s %s", e.Step, e.State.Phase, e.State.Title)
			if e.State.Detail != "" {
				text += " (" + e.State.Detail + ")"
			}
			lines = append(lines, text)
		case e.Output != nil:
			lines = append(lines, fmt.Sprintf("%s: %s| %s", e.Step, e.Output.Stream, e.Output.Text))
		case e.Progress != nil:
			lines = append(lines, fmt.Sprintf("%s: %s %d/%d %s",
				e.Step, e.Progress.What, e.Progress.Done, e.Progress.Total, e.Progress.Unit))
		}
	}
	return lines
}

func (r *rig) saw(line string) bool { return slices.Contains(r.lines(), line) }

func writeFolder(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
