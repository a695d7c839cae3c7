package deployment_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// FuzzExpand: no panic; every place lies in the file; every cause of a missing resource is a finding; the same text
// gives the same result. The seeds are the known answers, real image templates and the archives of TestFindings.
func FuzzExpand(f *testing.F) {
	if _, err := os.Stat(vectorsFile); err == nil {
		for _, v := range templateVectors(f) {
			f.Add([]byte(v.Template))
		}
	}
	for _, doc := range corpus(f) {
		f.Add(doc.data)
	}
	archives, _ := filepath.Glob("testdata/expand/*.txtar")
	for _, path := range archives {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(a.Files[0].Data)
	}
	limits := armexpr.DefaultLimits()
	limits.Steps, limits.Bytes = 50_000, 16<<20 // an input that uses up more says nothing new
	f.Fuzz(func(t *testing.T, data []byte) {
		expand := func() (*deployment.Deployment, diag.List) {
			root, _ := armjson.Parse("f.json", data)
			if root == nil {
				return nil, nil
			}
			return deployment.Expand(root, deployment.Params{Files: []*armjson.Node{root}, Limits: limits,
				Linked: func(string, string) (*armjson.Node, diag.List) { return root, nil }})
		}
		d, list := expand()
		if d == nil {
			return
		}
		list = d.Trace.Explain(list)
		for _, found := range list {
			checkPlace(t, data, found.Subject)
			for _, n := range found.Related {
				checkPlace(t, data, n.Range)
			}
			if found.Summary == "" {
				t.Errorf("%+v says nothing", found)
			}
		}
		for _, r := range d.Resources {
			if r.Body == nil || r.Node == nil || r.ID == "" {
				t.Errorf("%+v is not complete", r)
			}
			_ = r.Body.JSON()
		}
		d2, list2 := expand()
		if list2 = d2.Trace.Explain(list2); !reflect.DeepEqual(list, list2) || len(d.Resources) != len(d2.Resources) {
			t.Errorf("the second time differs: %v, %v", list, list2)
		}
		for i, r := range d.Resources {
			if r.ID != d2.Resources[i].ID || r.Body.JSON() != d2.Resources[i].Body.JSON() {
				t.Errorf("the second time resource %d differs", i)
			}
		}
	})
}

// checkPlace checks that a range lies in the file, on the borders of characters, and is the right way round.
func checkPlace(t *testing.T, data []byte, r diag.Range) {
	t.Helper()
	if r.File != "f.json" && r.File != "" {
		return // a --param
	}
	if r.Start.Line == 0 {
		return
	}
	if r.Start.Byte < 0 || r.End.Byte < r.Start.Byte || r.End.Byte > len(data) {
		t.Fatalf("%+v is outside of %d bytes", r, len(data))
	}
	if utf8.Valid(data) && r.End.Byte < len(data) && !utf8.RuneStart(data[r.End.Byte]) {
		t.Fatalf("%+v ends inside a character", r)
	}
}
