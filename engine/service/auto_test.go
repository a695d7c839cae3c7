package service

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/targettest"
)

func newFastService(t *testing.T, fast *targettest.Fake) *Service {
	t.Helper()
	root := t.TempDir()
	c := Config{
		Dirs:     store.Dirs{State: filepath.Join(root, "state"), Data: filepath.Join(root, "data"), Cache: filepath.Join(root, "cache")},
		Registry: packercore.Registry{Builders: map[string]func() packersdk.Builder{}},
		Target:   &targettest.Fake{Name: "qemu"}, Runner: runcmd.Host{}, Now: time.Now,
	}
	if fast != nil {
		c.Fast = fast
	}
	s, err := New(t.Context(), c)
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

// TestSites: which targets a build on this machine is given.
func TestSites(t *testing.T) {
	containers := &targettest.Fake{Name: fastName, Container: true}
	for on, want := range map[string]string{
		"": "qemu", OnLocal: "qemu", "qemu": "qemu", OnFast: "nspawn, then qemu", "nspawn": "nspawn, then qemu", OnAuto: "nspawn, then qemu",
		"mars": "known are local, fast, auto and azure",
	} {
		s := newFastService(t, containers)
		site, err := s.site(t.Context(), BuildRequest{On: on}, &events.Mask{}, func(events.Event) {}, noPlugins{})
		got := ""
		if host, ok := err.(*HostError); ok {
			got = host.Fix
		} else {
			got = site.Target.Info().Name
			if site.Then != nil {
				got += ", then " + site.Then.Info().Name
			}
		}
		if got != want {
			t.Errorf("--on %s is %q, want %q", on, got, want)
		}
	}
	s := newFastService(t, nil)
	if site, err := s.site(t.Context(), BuildRequest{On: OnAuto}, &events.Mask{}, func(events.Event) {}, noPlugins{}); err != nil ||
		site.Target.Info().Name != "qemu" || site.Then != nil {
		t.Errorf("without containers, auto is %+v, %v", site, err)
	}
	if _, err := s.site(t.Context(), BuildRequest{On: OnFast}, &events.Mask{}, func(events.Event) {}, noPlugins{}); err == nil ||
		!strings.Contains(err.Error(), "does not build in containers") {
		t.Errorf("without containers, fast is %v", err)
	}
}

// TestResumedWhere: a run that began in a container goes on with the target that its last machine was of.
func TestResumedWhere(t *testing.T) {
	s := newFastService(t, &targettest.Fake{Name: fastName, Container: true})
	for _, tt := range []struct{ on, last, want string }{
		{OnAuto, "nspawn", OnFast}, {OnAuto, "qemu", OnLocal}, {OnFast, "nspawn", OnFast}, {OnFast, "qemu", OnLocal}, // of --verify-in-vm
		{OnLocal, "qemu", OnLocal}, {"", "", ""}, {OnAzure, "azure", OnAzure},
	} {
		site, err := json.Marshal(place{On: tt.on})
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := s.asBefore(t.Context(), store.Run{ID: "0123abcd"}, &build.Asked{Site: site, Target: tt.last})
		if err != nil || r.On != tt.want {
			t.Errorf("a run --on %s whose last machine was of %s goes on %q (%v), want %q", tt.on, tt.last, r.On, err, tt.want)
		}
	}
}
