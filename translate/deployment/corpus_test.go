package deployment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// TestCorpus loads real image templates, each with its parameter file where it has one, and compares what comes of them with a
// list that was read line by line: every file expands, or says why not in words that a person agrees with. What stays unknown
// is counted by its cause.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "corpus", "json", "*.json"))
	if err != nil || len(files) == 0 {
		t.Skip("the corpus of image templates is not here")
	}
	var b strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, ".parameters.json") {
			continue
		}
		b.WriteString(filepath.Base(file) + "\n")
		outcome(t, &b, file)
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
		t.Errorf("outcomes changed (-want +got); go test ./translate/deployment -run Corpus -update\n%s", diff)
	}
}

// outcome writes what comes of one file.
func outcome(t *testing.T, b *strings.Builder, file string) {
	t.Helper()
	var list diag.List
	read := func(path string) *armjson.Node {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		n, more := armjson.Parse(filepath.Base(path), data)
		list.Add(more...)
		return n
	}
	root := read(file)
	params := deployment.Params{File: read(strings.TrimSuffix(file, ".json") + ".parameters.json")}
	var loaded *deployment.Result
	if !list.HasErrors() {
		var more diag.List
		loaded, more = deployment.Load(root, params)
		list.Add(more...)
	}
	list.Sort()
	for _, d := range list {
		fmt.Fprintf(b, "  %s\n", d)
	}
	if list.HasErrors() {
		return
	}
	for _, found := range loaded.ImageTemplates {
		at := found.Path
		if at == "" {
			at = "the document"
		}
		fmt.Fprintf(b, "  image template %q: %s\n", found.Name, at)
		causes := map[string]int{}
		var order []string
		countUnknowns(found.Node, func(m *armjson.Missing) {
			if causes[m.Why] == 0 {
				order = append(order, m.Why)
			}
			causes[m.Why]++
		})
		for _, why := range order {
			fmt.Fprintf(b, "    %d unknown: %s\n", causes[why], why)
		}
	}
}

func countUnknowns(n *armjson.Node, found func(*armjson.Missing)) {
	if n.Unknown != nil {
		found(n.Unknown)
	}
	for _, item := range n.Items {
		countUnknowns(item, found)
	}
	for _, m := range n.Members {
		countUnknowns(m.Value, found)
	}
}
