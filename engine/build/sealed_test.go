package build_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestSealedPlan has a secret in a plan: it is in the sealed plan of the run's folder, and in no other file of it.
func TestSealedPlan(t *testing.T) {
	const secret = "c2VjcmV0IHNpZ25hdHVyZSBvZiBhIFNBUw"
	b := newBench(t)
	b.plan.Destinations = append(b.plan.Destinations, plan.Destination{ID: "distribute[2]", RunOutputName: "vhd",
		VHD: &plan.VHD{URI: "https://account.blob.core.windows.net/vhds/web.vhd?sv=2024-11-04&sig=" + secret}})
	_, _ = b.run(t.Context()) // the local gallery need not take such a distributor
	run, err := b.store.Find(t.Context(), b.ran)
	if err != nil {
		t.Fatal(err)
	}
	got, err := build.SealedPlan(b.dirs, run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.plan, got); diff != "" {
		t.Errorf("the plan that was sealed (-was run +got):\n%s", diff)
	}
	err = filepath.WalkDir(b.dirs.State, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the secret is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	other := run
	other.ID = "ffffffff"
	var lost *build.NotKeptError
	if _, err := build.SealedPlan(b.dirs, other); !errors.As(err, &lost) || !errors.Is(err, seal.ErrChanged) {
		t.Errorf("as that of another run: %v", err)
	}
	if err := os.Remove(filepath.Join(run.Dir, "plan.sealed")); err != nil {
		t.Fatal(err)
	}
	if _, err := build.SealedPlan(b.dirs, run); !errors.As(err, &lost) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without the file: %v", err)
	}
}
