package nspawn

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/translate/plan"
)

func asRoot(context.Context) (string, []target.Problem) { return "as root", nil }

func TestConformance(t *testing.T) {
	targettest.Run(t, func(*testing.T) target.Target { return &Target{Host: asRoot} })
}

func TestStage(t *testing.T) {
	r := targettest.NewRequest(t)
	r.Machine = target.Machine{CPUs: 1, MemoryMiB: 512}
	var recorded []string
	r.Record = func(_ context.Context, kind store.Kind, name string) error {
		recorded = append(recorded, string(kind)+" "+name)
		return nil
	}
	staged, err := (&Target{Host: asRoot}).Stage(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"source_disk":      r.Dir + "/base.qcow2",
		"source_format":    "qcow2",
		"output_directory": r.Dir,
		"vm_name":          "ingot-0badcafe",
		"cpus":             "1",
		"memory":           "512",
		"firmware":         "bios",
		"boot_timeout":     "20m0s",
	}
	if diff := cmp.Diff(want, staged.Vars); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if want := "systemd-nspawn: the host's kernel, 1 CPU, up to 512 MiB; as root"; staged.Detail != want {
		t.Errorf("detail %q, want %q", staged.Detail, want)
	}
	if want := []string{"directory " + r.Dir, "process ingot-0badcafe", "control group ingot-0badcafe"}; !slices.Equal(recorded, want) {
		t.Errorf("recorded %q, want %q", recorded, want)
	}
}

// A container goes on from a layer with what the layer says of its machine, whichever target left it.
func TestStageOverALayer(t *testing.T) {
	r := targettest.NewRequest(t)
	r.Layer = &target.Layer{Dir: "/layers/1", PrivateKey: "key",
		Facts: []byte(`{"cpus": 3, "memoryMiB": 1536, "firmware": "uefi", "kind": "nspawn"}`)}
	staged, err := (&Target{Host: asRoot}).Stage(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"layer": "/layers/1", "ssh_private_key": "key", "cpus": "3", "memory": "1536", "firmware": "uefi"} {
		if got := staged.Vars[name]; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if strings.Contains(staged.Detail, "key") {
		t.Errorf("detail %q", staged.Detail)
	}
}

func TestRefusals(t *testing.T) {
	lacks := []target.Problem{{What: "no room", Fix: "make some"}}
	tgt := &Target{Host: func(context.Context) (string, []target.Problem) { return "", lacks }}
	if got := tgt.Check(t.Context(), &plan.Plan{OS: plan.Linux}); !slices.Equal(got, lacks) {
		t.Errorf("got %v, want what the host lacks", got)
	}
	got := tgt.Check(t.Context(), &plan.Plan{OS: plan.Windows})
	if len(got) != 1 || got[0].What != "an image with Windows is not built by --on fast" {
		t.Errorf("Windows: %v", got)
	}
	r := targettest.NewRequest(t)
	r.Base.Machine.TPM = true
	r.Record = func(context.Context, store.Kind, string) error { t.Error("something was recorded"); return nil }
	if _, err := tgt.Stage(t.Context(), r); !errors.Is(err, errTPM) {
		t.Errorf("a disk that wants a TPM: %v", err)
	}
}
