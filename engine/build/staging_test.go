package build_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestOverriddenFilesAreSaid runs with a page of the working tree in the place of a remote one.
func TestOverriddenFilesAreSaid(t *testing.T) {
	b := newBench(t)
	const remote = "https://pages.example/site/"
	work := t.TempDir()
	page := filepath.Join(work, "page.html")
	const text = "<h1>draft</h1>"
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := b.plan.Steps[1].Content()
	c.URI, c.Origin = remote+"page.html?sig=secret", plan.Origin{Path: "properties.customize[1].sourceUri"}
	b.staging.Overrides = []resolve.Override{{Prefix: remote, Path: work}}
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}

	var said []string
	for _, e := range b.events {
		if e.Output != nil && strings.Contains(e.Output.Text, "overrid") {
			said = append(said, e.Step+": "+e.Output.Text)
		}
	}
	want := []string{
		"resolve: override: " + remote + "page.html?*** is " + page,
		": overridden: properties.customize[1].sourceUri was " + page + " in place of " + remote + "page.html?***",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}

	runs, err := b.store.Runs(t.Context())
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	list, err := os.ReadFile(filepath.Join(runs[0].Dir, "staged.json"))
	if err != nil {
		t.Fatal(err)
	}
	var staged []resolve.Staged
	if err := json.Unmarshal(list, &staged); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	i := slices.IndexFunc(staged, func(s resolve.Staged) bool { return s.From == resolve.FromOverride })
	if len(staged) != 2 || i < 0 || staged[i].SHA256 != hex.EncodeToString(sum[:]) || strings.Contains(string(list), "secret") {
		t.Errorf("staged.json: %s", list)
	}
	// Nowhere below the run's folder is the signature.
	err = filepath.WalkDir(runs[0].Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "secret") {
			t.Errorf("%s has the signature, or cannot be read: %v", path, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	// What the run was made of stays with it, whatever becomes of the working tree.
	if kept, err := os.ReadFile(filepath.Join(runs[0].Dir, "packer", "files", c.FileName)); err != nil || string(kept) != text {
		t.Errorf("the run's folder has %q, %v", kept, err)
	}
}
