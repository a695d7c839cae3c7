package armjson_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
)

var update = flag.Bool("update", false, "rewrite testdata/corpus.golden")

// TestCorpus reads real image templates and compares what is found in them with a list that was read line by line. A file
// that is not in the list has no finding.
func TestCorpus(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "corpus", "json", "*.json"))
	if len(files) == 0 {
		t.Skip("the corpus of image templates is not here")
	}
	var b strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n, l := armjson.Parse(filepath.Base(file), data)
		if n == nil {
			t.Errorf("%s: nothing was read", filepath.Base(file))
		}
		b.WriteString(report(l))
	}
	golden := filepath.Join("testdata", "corpus.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("findings changed (-want +got); go test ./translate/armjson -run Corpus -update\n%s", diff)
	}
}
