package service_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/targettest"
)

// papier is a builder that runs the provisioners and makes a file of nothing.
type papier struct{}

func (papier) ConfigSpec() hcldec.ObjectSpec                      { return hcldec.ObjectSpec{} }
func (papier) Prepare(...any) (generated, warn []string, _ error) { return nil, nil, nil }

func (papier) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	if err := hook.Run(ctx, packersdk.HookProvision, ui, new(packersdk.MockCommunicator), map[string]any{"ID": "paper"}); err != nil {
		return nil, err
	}
	return &packersdk.MockArtifact{IdValue: "paper", BuilderIdValue: "papier", FilesValue: []string{"paper.img"}, StringValue: "a sheet"}, nil
}

// talker says something, and fails or waits when it is told to.
type talker struct{ config cty.Value }

func (*talker) ConfigSpec() hcldec.ObjectSpec {
	return hcldec.ObjectSpec{
		"say":  &hcldec.AttrSpec{Name: "say", Type: cty.String, Required: true},
		"then": &hcldec.AttrSpec{Name: "then", Type: cty.String},
	}
}

func (p *talker) Prepare(raws ...any) error {
	p.config = raws[1].(cty.Value)
	return nil
}

func (p *talker) Provision(ctx context.Context, ui packersdk.Ui, _ packersdk.Communicator, _ map[string]any) error {
	said := p.config.GetAttr("say").AsString()
	ui.Say(said)
	then := p.config.GetAttr("then")
	switch {
	case then.IsNull():
		return nil
	case then.AsString() == "wait":
		<-ctx.Done()
		return ctx.Err()
	default:
		return fmt.Errorf("%s after %s", then.AsString(), said)
	}
}

func packerService(t *testing.T) *service.Service {
	t.Helper()
	root := t.TempDir()
	s, err := service.New(t.Context(), service.Config{
		Dirs: store.Dirs{State: root + "/state", Data: root + "/data", Cache: root + "/cache"},
		Registry: packercore.Registry{
			Builders:     map[string]func() packersdk.Builder{"papier": func() packersdk.Builder { return papier{} }},
			Provisioners: map[string]func() packersdk.Provisioner{"talk": func() packersdk.Provisioner { return &talker{} }},
		},
		Target: &targettest.Fake{}, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

const packerTemplate = `
variable "token" {
  sensitive = true
}
variable "then" {
  default = null
}
source "papier" "a" {}
source "papier" "b" {}
build {
  name    = "desk"
  sources = ["papier.a", "papier.b"]
  provisioner "talk" {
    name = "greet"
    only = ["papier.a"]
    say  = "hello ${var.token}"
    then = var.then
  }
  provisioner "talk" { say = "bye from ${source.name}" }
}
`

func packerFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "desk.pkr.hcl")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBuildPacker(t *testing.T) {
	ok := service.PackerBuild{Name: "desk.papier.b", Artifacts: []service.PackerArtifact{
		{BuilderID: "papier", ID: "paper", Text: "a sheet", Files: []string{"paper.img"}},
	}}
	first := ok
	first.Name = "desk.papier.a"
	for _, tc := range []struct {
		name   string
		vars   map[string]string
		only   []string
		state  store.RunState
		builds []service.PackerBuild
		what   string // of the problem; "" for none
	}{
		{"all is well", nil, nil, store.Succeeded, []service.PackerBuild{first, ok}, ""},
		{"one of two", nil, []string{"*.b"}, store.Succeeded, []service.PackerBuild{ok}, ""},
		{
			"one fails", map[string]string{"then": "it broke"}, nil, store.PartiallySucceeded,
			[]service.PackerBuild{{Name: "desk.papier.a", Error: `provisioner 0 (talk "greet") failed: it broke after hello ***`}, ok},
			`build desk.papier.a: provisioner talk "greet" failed: it broke after hello ***`,
		},
		{
			"the only one fails", map[string]string{"then": "it broke"}, []string{"*.a"}, store.Failed,
			[]service.PackerBuild{{Name: "desk.papier.a", Error: `provisioner 0 (talk "greet") failed: it broke after hello ***`}},
			`provisioner talk "greet" failed: it broke after hello ***`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := packerService(t)
			vars := map[string]string{"token": "hunter2-hunter2"}
			for name, value := range tc.vars {
				vars[name] = value
			}
			var said strings.Builder
			res, err := s.BuildPacker(t.Context(), service.PackerRequest{Path: packerFile(t, packerTemplate), Vars: vars, Only: tc.only},
				func(e events.Event) {
					if e.Output != nil {
						said.WriteString(e.Output.Text + "\n")
					}
				})
			for i := range res.Builds {
				res.Builds[i].Elapsed = 0
			}
			if diff := cmp.Diff(tc.builds, res.Builds); diff != "" {
				t.Errorf("builds (-want +got):\n%s", diff)
			}
			var run *service.RunError
			switch {
			case tc.what == "" && err != nil:
				t.Error(err)
			case tc.what != "" && (!errors.As(err, &run) || run.Problem.What != tc.what || !strings.Contains(run.Problem.Where, "provisioner[0]")):
				t.Errorf("error %v, want the problem %q", err, tc.what)
			}
			var partly *service.PartlyError
			if errors.As(err, &partly) != (tc.state == store.PartiallySucceeded) {
				t.Errorf("error %v in state %s", err, tc.state)
			}
			record, err := s.Run(t.Context(), "latest")
			if err != nil || record.State != tc.state || record.Name != "desk.pkr.hcl" || record.ID != res.Run.ID {
				t.Errorf("record %+v, %v", record, err)
			}
			log, err := os.ReadFile(res.LogPath)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{said.String(), string(log)} {
				if strings.Contains(text, "hunter2") || !strings.Contains(text, "bye from b") && len(tc.builds) == 2 {
					t.Errorf("it says:\n%s", text)
				}
			}
		})
	}
}

// A template that is not in order starts nothing, and leaves no record.
func TestBuildPackerRefused(t *testing.T) {
	s := packerService(t)
	path := packerFile(t, packerTemplate)
	for _, tc := range []struct {
		name string
		r    service.PackerRequest
		want string
	}{
		{"no value", service.PackerRequest{Path: path}, path + `:2:1: error: variable "token" has no value: it has no default and none was given`},
		{"no build", service.PackerRequest{Path: path, Vars: map[string]string{"token": "x"}, Only: []string{"nope"}},
			"every build of the Packer template is left out: desk.papier.a, desk.papier.b"},
		{"no file", service.PackerRequest{Path: path + "x"}, "read Packer template: stat " + path + "x: no such file or directory"},
	} {
		_, err := s.BuildPacker(t.Context(), tc.r, func(events.Event) { t.Errorf("%s: an event", tc.name) })
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	if runs, err := s.Runs(t.Context()); err != nil || len(runs) != 0 {
		t.Errorf("runs %+v, %v", runs, err)
	}
}

func TestBuildPackerStops(t *testing.T) {
	request := service.PackerRequest{Path: packerFile(t, packerTemplate), Vars: map[string]string{"token": "hunter2-hunter2", "then": "wait"}}
	t.Run("cancelled", func(t *testing.T) {
		s := packerService(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := s.BuildPacker(ctx, request, func(e events.Event) {
			if e.Output != nil && strings.HasPrefix(e.Output.Text, "hello") {
				cancel()
			}
		})
		run, rerr := s.Run(t.Context(), "latest")
		if !errors.Is(err, context.Canceled) || rerr != nil || run.State != store.Canceled {
			t.Errorf("error %v, record %+v, %v", err, run, rerr)
		}
	})
	t.Run("too late", func(t *testing.T) {
		s := packerService(t)
		r := request
		r.Timeout = 50 * time.Millisecond
		_, err := s.BuildPacker(t.Context(), r, func(events.Event) {})
		var failed *service.RunError
		if !errors.As(err, &failed) || !strings.Contains(failed.Problem.Why, "50ms") {
			t.Errorf("error %v", err)
		}
	})
}
