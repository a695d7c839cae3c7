package kernelbound_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// TestCorpus asks about every inline Shell customizer of real image templates. Each mark was judged: all are right, and of the 68 other
// commands none needs a kernel of its own.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.FromSlash("../../../../shared/corpus/json/*.json"))
	if err != nil || len(files) == 0 {
		t.Skip("no corpus of image templates in ../shared/corpus")
	}
	var got []string
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if json.Unmarshal(data, &document) != nil {
			continue // JSON with comments, or broken on purpose
		}
		each(document, func(lines []string) {
			for _, m := range Marks(inline(lines...), nothing) {
				got = append(got, filepath.Base(name)[:3]+" "+m.Kind+": "+m.Command)
			}
		})
	}
	slices.Sort(got)
	want := []string{
		"068 upgrade: sudo apt-get upgrade -y",
		"116 nested: snap install notepad-plus-plus",
		"117 upgrade: dnf -y update",
		"117 upgrade: sudo dnf -y update",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
}

// each finds the inline commands of Shell customizers, wherever they are.
func each(v any, found func([]string)) {
	switch v := v.(type) {
	case map[string]any:
		if list, ok := v["inline"].([]any); ok && v["type"] == "Shell" {
			var lines []string
			for _, line := range list {
				s, _ := line.(string)
				lines = append(lines, s)
			}
			found(lines)
		}
		for _, x := range v {
			each(x, found)
		}
	case []any:
		for _, x := range v {
			each(x, found)
		}
	}
}
