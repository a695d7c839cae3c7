package deployment_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

var update = flag.Bool("update", false, "rewrite the wanted findings in testdata/expand")

// TestFindings expands main.json of each archive with params.json, and compares the findings, explained, with the file
// want. The other files of an archive can be linked to. A finding is made up about each member "probe" of a resource's
// properties, to show what is told about a value that was evaluated.
func TestFindings(t *testing.T) {
	paths, err := filepath.Glob("testdata/expand/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			for _, f := range a.Files {
				files[f.Name] = f.Data
			}
			got := findingsOf(t, files)
			if *update {
				setFile(a, "want", got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(files["want"]), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func setFile(a *txtar.Archive, name, data string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(data)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(data)})
}

func findingsOf(t *testing.T, files map[string][]byte) string {
	t.Helper()
	parse := func(name string) *armjson.Node {
		n, list := armjson.Parse(name, files[name])
		if list.HasErrors() {
			t.Fatal(list)
		}
		return n
	}
	var p deployment.Params
	if files["params.json"] != nil {
		p.Files = []*armjson.Node{parse("params.json")}
	}
	if bytes.Contains(files["main.json"], []byte("relativePath")) {
		p.Linked = func(from, uri string) (*armjson.Node, diag.List) {
			if files[uri] == nil {
				return nil, diag.List{{Severity: diag.Error, Code: deployment.CodeLinked,
					Summary: "there is no file " + uri + " beside " + from}}
			}
			return parse(uri), nil
		}
	}
	d, list := deployment.Expand(parse("main.json"), p)
	for _, r := range d.Resources {
		if probe := r.Body.Get("properties").Get("probe"); probe != nil {
			list.Add(diag.Diagnostic{Severity: diag.Error, Code: "ING2000", Subject: probe.Range, Path: r.Path,
				Summary: "made up"})
		}
	}
	var b strings.Builder
	for _, d := range d.Trace.Explain(list) {
		fmt.Fprintf(&b, "%s: %s %s %s\n", place(files, d.Subject), d.Severity, d.Code, d.Summary)
		for _, part := range [][2]string{{"at", d.Path}, {"why", d.Why}, {"fix", d.Fix}} {
			if part[1] != "" {
				fmt.Fprintf(&b, "  %s: %s\n", part[0], part[1])
			}
		}
		for _, n := range d.Related {
			fmt.Fprintf(&b, "  note: %s: %s\n", place(files, n.Range), n.Message)
		}
	}
	return b.String()
}

// place writes a range with the text that is there.
func place(files map[string][]byte, r diag.Range) string {
	text := ""
	if r.Start.Line > 0 {
		text = string(files[r.File][r.Start.Byte:r.End.Byte])
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			text = text[:i] + "…"
		}
	}
	return fmt.Sprintf("%s <%s>", r, text)
}
