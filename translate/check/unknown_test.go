package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
	"github.com/ingot-build/ingot/translate/template/templatetest"
)

// TestNeverGuesses takes every value of every image template at hand for unknown, one at a time, once with its JSON type and once
// without. That may silence findings; it must make none.
func TestNeverGuesses(t *testing.T) {
	files := slices.Concat(glob(t, "ok"), glob(t, "err"))
	for _, pattern := range []string{"../testdata/*.txtar", "../../examples/*/template.json", "../../../shared/corpus/json/*.json"} {
		more, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	templates, variants, silenced := 0, 0, 0
	for _, file := range files {
		for _, node := range imageTemplates(t, file) {
			templates++
			before := findings(node)
			templatetest.Each(node, func(path string, kind armjson.Kind, changed *armjson.Node) {
				variants++
				after := findings(changed)
				silenced += max(len(before)-len(after), 0)
				for _, d := range after {
					// Without the api-version, what one of them refuses and another puts up with is a warning.
					if path == "apiVersion" && d.Severity == diag.Warning || foundBefore(before, d) {
						continue
					}
					t.Errorf("%s: when %s is not known (kind %d) there is a new finding: %s\n at %s", file, path, kind, d, d.Path)
				}
			})
		}
	}
	if variants < 1000 || silenced == 0 {
		t.Errorf("%d variants with %d silenced findings cannot show much", variants, silenced)
	}
	t.Logf("%d image templates, %d variants, %d findings silenced", templates, variants, silenced)
}

// foundBefore reports whether a finding is among those of the original: the same code about the same object. An object with a
// wrong type was not looked into, so anything may have been wrong inside it.
func foundBefore(before diag.List, d diag.Diagnostic) bool {
	object := func(path string) string { return path[:max(strings.LastIndexByte(path, '.'), 0)] }
	return slices.ContainsFunc(before, func(b diag.Diagnostic) bool {
		return b.Code == d.Code && b.Severity <= d.Severity && object(b.Path) == object(d.Path) ||
			b.Code == template.CodeUnknownType && strings.HasPrefix(d.Path, object(b.Path))
	})
}

func findings(node *armjson.Node) diag.List {
	tmpl, list := template.Decode(node)
	list.Add(check.Check(tmpl, check.Options{Target: check.QEMU})...)
	return list
}

// imageTemplates returns what can be evaluated of a file.
func imageTemplates(t *testing.T, file string) []*armjson.Node {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(file) == ".txtar" {
		for _, f := range txtar.Parse(data).Files {
			if f.Name == "in.json" {
				data = f.Data
			}
		}
	}
	root, _ := armjson.Parse(filepath.Base(file), data)
	loaded, _ := deployment.Load(root, deployment.Params{})
	var nodes []*armjson.Node
	for _, found := range loaded.ImageTemplates {
		nodes = append(nodes, found.Node)
	}
	return nodes
}
