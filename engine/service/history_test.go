package service_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/internal/testtools/keptrun"
)

// file makes one on this machine, for debugfs to write onto a disk.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// webRun is a run of six steps, all of which but one kept the machine.
func webRun(t *testing.T, dirs store.Dirs) keptrun.Run {
	t.Helper()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "etc/ssh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "etc/ssh/sshd_config"), []byte("Port 22\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return keptrun.Make(t, dirs, folder, []keptrun.Step{
		{ID: "prepare", Changes: []string{"write " + file(t, "#!/bin/sh\n") + " /etc/prepared"}},
		{ID: "customize[0]", Name: "install", Changes: []string{"mkdir /srv", "write " + file(t, strings.Repeat("x", 3<<20)) + " /srv/data"}},
		{ID: "customize[1]", Name: "harden", Changes: []string{"rm /etc/ssh/sshd_config", "write " + file(t, "Port 2222\n") + " /etc/ssh/sshd_config"}},
		{ID: "customize[2]", Forgot: true, Changes: []string{"write " + file(t, "a") + " /etc/a"}},
		{ID: "customize[3]", Changes: []string{"write " + file(t, "b") + " /etc/b"}},
		{ID: "generalize", Changes: []string{"rm /etc/prepared"}},
	})
}

func changes(r *diskdiff.Report) string {
	var list []string
	for _, c := range r.Files {
		list = append(list, string(c.Kind)+" "+c.Path)
	}
	return strings.Join(list, ", ")
}

func TestDiffOfSteps(t *testing.T) {
	s, dirs := newService(t, &targettest.Fake{})
	run := webRun(t, dirs)
	for _, tt := range []struct{ a, b, want string }{
		{"latest@prepare", "", "added /etc/prepared"},
		{"latest@install", "", "added /srv, added /srv/data"},
		{run.ID[:4] + "@1", "", "changed /etc/ssh/sshd_config"},
		{"latest@generalize", "", "removed /etc/prepared"},
		{"latest@install", "latest@harden+", "changed /etc/ssh/sshd_config, added /srv, added /srv/data"},
		{"latest@harden+", "latest@generalize", "added /etc/a, added /etc/b"},
		{"latest@harden", "latest@install+", ""},
	} {
		r, err := s.Diff(t.Context(), tt.a, tt.b, diskdiff.Options{})
		if err != nil {
			t.Errorf("%s %s: %v", tt.a, tt.b, err)
			continue
		}
		if got := changes(r); got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
	var not *service.NotKeptPointError
	var step *service.UnknownStepError
	var noRun *store.NotFoundError
	for name, want := range map[string]any{"latest@customize[2]": &not, "latest@hardn": &step, "ffff@0": &noRun} {
		if _, err := s.Diff(t.Context(), name, "", diskdiff.Options{}); !errors.As(err, want) {
			t.Errorf("%s: %v, want a %T", name, err, want)
		}
	}
}

func TestHistory(t *testing.T) {
	s, dirs := newService(t, &targettest.Fake{})
	run := webRun(t, dirs)
	type told struct{ title, files, why string }
	history := func() []told {
		t.Helper()
		list, err := s.History(t.Context(), run.ID, diskdiff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []told
		for _, c := range list {
			one := told{title: c.Title(), why: c.Why}
			if c.Report != nil {
				one.files = changes(c.Report)
			}
			got = append(got, one)
		}
		return got
	}
	kept := "the run kept the machine before prepare, customize[0], customize[1], customize[2], generalize"
	kept = strings.Replace(kept, "prepare, ", "", 1)
	want := []told{
		{"prepare", "added /etc/prepared", ""},
		{"customize[0] install", "added /srv, added /srv/data", ""},
		{"customize[1] harden", "changed /etc/ssh/sshd_config", ""},
		{"customize[2]", "", kept},
		{"customize[3]", "", kept},
		{"generalize", "removed /etc/prepared", ""},
	}
	if diff := cmp.Diff(want, history(), cmp.AllowUnexported(told{})); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}

	// A layer that was removed behind the run's back is one that is not there.
	st, err := s.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Remove(t.Context(), false, run.Final); err != nil {
		t.Fatal(err)
	}
	got := history()
	if last := got[len(got)-1]; last.title != "generalize" || !strings.Contains(last.why, "removed since") {
		t.Errorf("after its layer was removed: %+v", last)
	}
	var none *layers.NoLayerError
	if _, err := st.Open(t.Context(), run.Final); !errors.As(err, &none) {
		t.Errorf("the layer is still there: %v", err)
	}
}
