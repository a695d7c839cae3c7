package service_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/translate/plan"
)

func newService(t *testing.T, tgt target.Target) (*service.Service, store.Dirs) {
	t.Helper()
	root := t.TempDir()
	dirs := store.Dirs{State: root + "/state", Data: root + "/data", Cache: root + "/cache"}
	s, err := service.New(t.Context(), service.Config{
		Dirs:     dirs,
		Registry: packercore.Registry{Builders: map[string]func() packersdk.Builder{}},
		Target:   tgt,
		Runner:   runcmd.Host{},
		Now:      time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, dirs
}

func debianPlan() *plan.Plan {
	return &plan.Plan{
		Name: "web", OS: plan.Linux, TimeoutMinutes: 10,
		Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "latest"}},
	}
}

func TestHostThatIsNotReady(t *testing.T) {
	tests := []struct {
		name   string
		target *targettest.Fake
		want   string
	}{
		{"target", &targettest.Fake{Problems: []target.Problem{{What: "no QEMU here", Fix: "install it"}}}, "no QEMU here"},
		{"base image", &targettest.Fake{}, "debian-12 is not on this machine"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newService(t, tt.target)
			var last events.Event
			res, err := s.Build(t.Context(), service.BuildRequest{Plan: debianPlan(), TemplateFile: "web.json"},
				func(e events.Event) { last = e })
			var host *service.HostError
			if !errors.As(err, &host) || !strings.Contains(err.Error(), tt.want) || host.Fix == "" {
				t.Fatalf("error = %v, want a *HostError with %q and a fix", err, tt.want)
			}
			if last.State == nil || last.State.Phase != events.Failed || last.Step != "" {
				t.Errorf("the stream ends with %+v, want the run's failure", last)
			}
			run, err := s.Run(t.Context(), "latest")
			if err != nil || run.ID != res.Run.ID || run.State != store.Failed || !strings.Contains(run.Message, tt.want) {
				t.Errorf("record = %+v, %v", run, err)
			}
			if _, err := os.Stat(res.LogPath); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCancelledBeforeItBegan(t *testing.T) {
	s, _ := newService(t, &targettest.Fake{})
	ctx, cancel := context.WithCancel(t.Context())
	var run string
	_, err := s.Build(ctx, service.BuildRequest{Plan: debianPlan(), TemplateFile: "web.json"}, func(e events.Event) {
		run = e.Run
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want that the context was cancelled", err)
	}
	if got, err := s.Run(t.Context(), run); err != nil || got.State != store.Canceled {
		t.Errorf("record = %+v, %v", got, err)
	}
}

func TestCancelOfARunThatIsOver(t *testing.T) {
	s, _ := newService(t, &targettest.Fake{})
	res, _ := s.Build(t.Context(), service.BuildRequest{Plan: debianPlan(), TemplateFile: "web.json"}, func(events.Event) {})
	_, err := s.Cancel(t.Context(), res.Run.ID)
	var over *service.NotRunningError
	if !errors.As(err, &over) || !strings.Contains(err.Error(), "Failed") {
		t.Errorf("error = %v, want a *NotRunningError that says how it ended", err)
	}
	var unknown *store.NotFoundError
	if _, err := s.Cancel(t.Context(), "ffffffff"); !errors.As(err, &unknown) {
		t.Errorf("error = %v, want a *NotFoundError", err)
	}
}

// TestCleanTakesEveryWorkshop puts something dead into each place where Ingot works, and something finished beside it.
func TestCleanTakesEveryWorkshop(t *testing.T) {
	s, dirs := newService(t, &targettest.Fake{})
	dead := []string{
		filepath.Join(dirs.State, "staging", "0badcafe"),
		filepath.Join(dirs.Data, "gallery", ".partial", "0badcafe"),
		filepath.Join(dirs.Data, "images", "tmp", "pull-debian-12-0badcafe"),
	}
	for _, dir := range dead {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	kept := filepath.Join(dirs.Data, "gallery", "vhds", "mine.vhd")
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, []byte("finished"), 0o600); err != nil {
		t.Fatal(err)
	}
	left, err := s.Leftovers(t.Context())
	if err != nil || len(left) != len(dead) {
		t.Fatalf("leftovers = %+v, %v; want %d", left, err, len(dead))
	}
	removed, err := s.Clean(t.Context())
	if err != nil || len(removed) != len(dead) {
		t.Errorf("removed = %+v, %v; want %d", removed, err, len(dead))
	}
	for _, dir := range dead {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", dir, err)
		}
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("clean took what was finished: %v", err)
	}
}
