package build_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/translate/plan"
)

// sparing is a ledger that undoes nothing, as when the process is killed.
type sparing struct{ *bench }

func (sparing) Undo(context.Context, string) error { return nil }

// killedPlace ends a run in its distribution: the first destination is served, and then nothing happens any more.
type killedPlace struct {
	*build.Local
	after int
}

var errKilled = errors.New("killed")

func (k *killedPlace) Distribute(ctx context.Context, r distribute.Request, emit func(events.Event)) ([]*events.RunOutput, error) {
	p := *r.Plan
	p.Destinations = p.Destinations[:k.after]
	r.Plan = &p
	if _, err := k.Local.Distribute(ctx, r, emit); err != nil {
		return nil, err
	}
	return nil, errKilled
}

// kill runs a build on this machine that ends as if it were killed: at a phase of its VM, or in its distribution.
func (b *bench) kill(at string) store.Run {
	b.t.Helper()
	builder := b.builder(sparing{b})
	b.at = func(where string) error {
		if where == at {
			return errKilled
		}
		return nil
	}
	if at == "distribute" {
		builder.Place = &killedPlace{builder.Place.(*build.Local), 1}
	}
	active, err := b.store.Start(b.t.Context(), store.Run{Name: b.plan.Name, TemplateFile: b.root() + "/web.json"})
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = builder.Run(b.t.Context(), build.Request{Plan: b.plan, TemplateDir: b.root()}, active, &events.Mask{},
		events.Serial(active.Run().ID, active.Sink(), time.Now))
	if err == nil {
		b.t.Fatal("the run was not killed")
	}
	if err := active.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.at = func(string) error { return nil }
	return active.Run()
}

func (b *bench) builder(l build.Ledger) *build.Builder {
	b.t.Helper()
	cache, err := resolve.OpenContentStore(filepath.Join(b.dirs.Cache, "downloads"))
	if err != nil {
		b.t.Fatal(err)
	}
	return &build.Builder{
		Target: b.target,
		Registry: packercore.Registry{
			Builders:     map[string]func() packersdk.Builder{"ingot-qemu": func() packersdk.Builder { return &scripted{bench: b} }},
			Provisioners: b.provisioners, Linked: all.Linked(),
		},
		Place: &build.Local{Images: b, Gallery: b.gallery, Runner: runcmd.Host{}}, Ledger: l, Dirs: b.dirs,
		Resolver: resolve.Options{Cache: cache},
	}
}

func (b *bench) resume(run store.Run) (build.Result, error) {
	b.t.Helper()
	asked, err := build.ReadAsked(b.dirs, run)
	if err != nil {
		b.t.Fatal(err)
	}
	left, err := build.LeftOf(asked.Plan, run)
	if err != nil {
		b.t.Fatal(err)
	}
	active, err := b.store.Reopen(b.t.Context(), run.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	defer active.Close()
	return b.builder(b).Resume(b.t.Context(), asked, left, nil, active, &events.Mask{},
		events.SerialFrom(run.ID, active.LastEvent(), events.Tee(active.Sink(), b.note), time.Now))
}

// TestResumeHere goes on with the distribution of a build on this machine: what was published is not published again.
func TestResumeHere(t *testing.T) {
	b := newBench(t)
	run := b.kill("distribute")
	res, err := b.resume(run)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, out := range res.Outputs {
		ids = append(ids, out.ArtifactID)
	}
	if diff := cmp.Diff([]string{definitionID + "/versions/0.0.1", imageID}, ids); diff != "" {
		t.Errorf("artifacts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"write disk: done", "distribute[1]: done"}, b.phases()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	b.nothingLeft(run.ID)
}

// TestResumeRefused has nothing to go on with.
func TestResumeRefused(t *testing.T) {
	for name, c := range map[string]struct {
		at   string
		do   func(b *bench, run store.Run)
		want string
	}{
		"while it boots":      {"boot", func(*bench, store.Run) {}, "build VMs on this machine end with it"},
		"while it shuts down": {"shutdown", func(*bench, store.Run) {}, "build VMs on this machine end with it"},
		"the disk is gone": {"distribute", func(b *bench, run store.Run) {
			if err := os.RemoveAll(filepath.Join(b.dirs.Staging(), run.ID)); err != nil {
				b.t.Error(err)
			}
		}, "the disk that the build VM left is not there any more"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			run := b.kill(c.at)
			c.do(b, run)
			_, err := b.resume(run)
			var host *build.HostError
			if !errors.As(err, &host) || !strings.Contains(host.Why, c.want) || !strings.Contains(host.Fix, "ingot clean") {
				t.Errorf("got %+v, want a *HostError with %q", err, c.want)
			}
			if entries, err := b.store.Entries(t.Context(), run.ID); err != nil || len(entries) == 0 {
				t.Errorf("a refusal removed what was left: %v, %v", entries, err)
			}
		})
	}
}

// TestLeftOf reads progress as a killed process leaves it.
func TestLeftOf(t *testing.T) {
	p := &plan.Plan{Steps: []plan.Step{{ID: "prepare"}, {ID: "customize[0]"}, {ID: "customize[1]"}},
		Destinations: []plan.Destination{{ID: "distribute[0]"}}}
	done := func(ids ...string) (text string) {
		for _, id := range ids {
			text += "\n" + `{"step":"` + id + `","phase":"done"}` + "\n"
		}
		return text
	}
	for name, c := range map[string]struct {
		text string
		want build.Left
	}{
		"nothing":              {"", build.Left{}},
		"booted":               {done("boot"), build.Left{}},
		"one is under way":     {done("boot", "prepare") + `{"step":"customize[0]","phase":"running"}`, build.Left{Step: 1, UnderWay: true}},
		"cut in a line":        {done("prepare") + "\n" + `{"step":"customize[0]","pha`, build.Left{Step: 1}},
		"goes on behind a cut": {`{"step":"prepa` + done("prepare"), build.Left{Step: 1}},
		"one failed":           {done("prepare") + `{"step":"customize[0]","phase":"failed"}`, build.Left{Step: 1}},
		"all steps":            {done("prepare", "customize[0]", "customize[1]"), build.Left{Step: 3}},
		"built":                {done("prepare", "customize[0]", "customize[1]", "shutdown"), build.Left{Step: 3, Built: true, Validated: true}},
		"a gap":                {done("prepare", "customize[1]", "shutdown"), build.Left{Step: 1}},
	} {
		run := store.Run{ID: "3f2a9c1e", Dir: t.TempDir()}
		if err := os.WriteFile(filepath.Join(run.Dir, "progress.jsonl"), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := build.LeftOf(p, run)
		same := got.Step == c.want.Step && got.UnderWay == c.want.UnderWay && got.Built == c.want.Built && got.Validated == c.want.Validated
		if err != nil || !same {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}
