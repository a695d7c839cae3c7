package qemu

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// A VM that goes on from a layer is the machine of then, whatever is asked for now; and a base disk that stays gets no second name.
func TestStageOverALayer(t *testing.T) {
	dir := t.TempDir()
	nothing := func(context.Context, store.Kind, string) error { return nil }
	r := target.Request{RunID: "0badcafe", Dir: filepath.Join(dir, "staging"), Plan: &plan.Plan{OS: plan.Linux},
		Base: target.Disk{Path: filepath.Join(dir, "base.qcow2"), Format: "qcow2"}, BaseStays: true, Record: nothing, Strike: nothing,
		Machine: target.Machine{CPUs: 1, MemoryMiB: 4096, Firmware: "bios"},
		Layer: &target.Layer{Dir: "/layers/1", PrivateKey: "key",
			Facts: []byte(`{"cpus": 3, "memoryMiB": 1536, "firmware": "uefi", "qemu": "of the builder"}`)}}
	staged, err := (&Target{Accel: tcg}).Stage(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"layer": "/layers/1", "ssh_private_key": "key", "cpus": "3", "memory": "1536",
		"firmware": "uefi", "source_disk": r.Base.Path} {
		if got := staged.Vars[name]; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(staged.Detail, "3 CPUs, 1536 MiB") || strings.Contains(staged.Detail, "key") {
		t.Errorf("detail %q", staged.Detail)
	}
	if files, err := os.ReadDir(r.Dir); err != nil || len(files) > 0 {
		t.Errorf("in the staging directory: %v, %v", files, err)
	}

	r.Layer.Facts = []byte(`{"cpus": 3}`)
	if _, err := (&Target{Accel: tcg}).Stage(t.Context(), r); err == nil || !strings.Contains(err.Error(), "memory or firmware") {
		t.Errorf("facts that lack half: %v", err)
	}
}
