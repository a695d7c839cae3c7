package manifest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

var core = map[string]any{"packer_build_name": "image", "packer_builder_type": "ingot-qemu"}

// configured gives a post-processor that writes to a folder of the test's own.
func configured(t *testing.T, raws ...map[string]any) *PostProcessor {
	t.Helper()
	p := &PostProcessor{now: func() time.Time { return time.Unix(1_795_287_298, 0) }}
	all := []any{core}
	for _, raw := range raws {
		all = append(all, raw)
	}
	if err := p.Configure(all...); err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, path string) File {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f File
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return f
}

func TestEntry(t *testing.T) {
	t.Setenv(runUUID, "run-1")
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk.qcow2")
	if err := os.WriteFile(disk, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "made", "manifest.json")
	artifact := &packersdk.MockArtifact{IdValue: "vm-1", FilesValue: []string{disk, "gone"}, StateValues: map[string]any{
		"generated_data": map[string]any{"ID": "vm-1"},
	}}
	p := configured(t, map[string]any{"output": path, "custom_data": map[string]any{"who": "me", "id": "{{.ID}}"}})
	got, keep, must, err := p.PostProcess(t.Context(), nil, artifact)
	if err != nil || got != artifact || !keep || !must {
		t.Fatalf("%v, %t, %t, %v", got, keep, must, err)
	}
	stripped := configured(t, map[string]any{"output": path, "strip_path": true, "strip_time": true})
	if _, _, _, err := stripped.PostProcess(t.Context(), nil, artifact); err != nil {
		t.Fatal(err)
	}
	want := File{LastRunUUID: "run-1", Builds: []Entry{
		{
			BuildName: "image", BuilderType: "ingot-qemu", BuildTime: 1_795_287_298, ArtifactID: "vm-1", PackerRunUUID: "run-1",
			Files: []ArtifactFile{{disk, 5}, {"gone", 0}}, CustomData: map[string]string{"who": "me", "id": "vm-1"},
		},
		{
			BuildName: "image", BuilderType: "ingot-qemu", ArtifactID: "vm-1", PackerRunUUID: "run-1",
			Files: []ArtifactFile{{"disk.qcow2", 5}, {"gone", 0}},
		},
	}}
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(path + ".lock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the lock is still there: %v", err)
	}
}

// A run adds to what earlier runs wrote, and with -force replaces it, once.
func TestForce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.json")
	add := func(run string, force bool) {
		t.Setenv(runUUID, run)
		p := configured(t, map[string]any{"output": path, "packer_force": force})
		if _, _, _, err := p.PostProcess(t.Context(), nil, &packersdk.MockArtifact{IdValue: run}); err != nil {
			t.Fatal(err)
		}
	}
	runs := func() string {
		var list []string
		for _, e := range read(t, path).Builds {
			list = append(list, e.PackerRunUUID)
		}
		return strings.Join(list, " ")
	}
	for _, step := range []struct {
		run   string
		force bool
		want  string
	}{{"1", false, "1"}, {"2", false, "1 2"}, {"3", true, "3"}, {"3", true, "3 3"}, {"4", false, "3 3 4"}} {
		add(step.run, step.force)
		if got := runs(); got != step.want {
			t.Errorf("after run %s the manifest has the runs %q, want %q", step.run, got, step.want)
		}
	}
}

// Builds that end at the same time each get their entry.
func TestMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.json")
	var all sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		p := configured(t, map[string]any{"output": path})
		all.Go(func() {
			_, _, _, errs[i] = p.PostProcess(t.Context(), nil, &packersdk.MockArtifact{IdValue: fmt.Sprint(i)})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := len(read(t, path).Builds); got != len(errs) {
		t.Errorf("%d entries, want %d", got, len(errs))
	}
}

func TestRefused(t *testing.T) {
	t.Run("a manifest that is none", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "m.json")
		if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, keep, _, err := configured(t, map[string]any{"output": path}).PostProcess(t.Context(), nil, &packersdk.MockArtifact{})
		if err == nil || !strings.Contains(err.Error(), "it is not one") || !keep {
			t.Errorf("got %v, keep %t", err, keep)
		}
		if text, _ := os.ReadFile(path); string(text) != "{" {
			t.Errorf("the file became %q", text)
		}
	})
	t.Run("no template", func(t *testing.T) {
		err := new(PostProcessor).Configure(core, map[string]any{"custom_data": map[string]any{"x": "{{"}})
		if err == nil || !strings.Contains(err.Error(), "invalid 'custom_data': ") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cancelled while another holds the lock", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "m.json")
		if err := os.WriteFile(path+".lock", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, _, err := configured(t, map[string]any{"output": path}).PostProcess(ctx, nil, &packersdk.MockArtifact{})
		if err == nil || !strings.Contains(err.Error(), "context canceled") {
			t.Errorf("got %v", err)
		}
	})
}
