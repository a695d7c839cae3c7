package hcl2_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// noon is the time in all tests.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// rig is a template in a folder, and what it told.
type rig struct {
	in      hcl2.Input
	secrets []string
	asked   []string // data sources, in order
}

func newRig(t testing.TB, files map[string]string) *rig {
	t.Helper()
	r := &rig{}
	r.in = hcl2.Input{
		Dir: t.TempDir(), Now: func() time.Time { return noon },
		Secret: func(text string) { r.secrets = append(r.secrets, text) },
	}
	for name, text := range files {
		path := filepath.Join(r.in.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// load reads and evaluates. The data source "echo" gives an object with its name, so that tests see in which order they are asked.
func (r *rig) load() (*hcl2.Template, error) {
	doc, err := hcl2.Parse(r.in)
	if err != nil {
		return nil, err
	}
	return doc.Evaluate(func(d hcl2.Data) (cty.Value, error) {
		r.asked = append(r.asked, d.Name)
		attrs, diags := d.Body.JustAttributes()
		if diags.HasErrors() {
			return cty.NilVal, hcl2.Join(new(hcl2.Origins).Diagnosed(diags))
		}
		values := map[string]cty.Value{"name": cty.StringVal(d.Name)}
		for name, attr := range attrs {
			v, diags := attr.Expr.Value(d.Scope)
			if diags.HasErrors() {
				return cty.NilVal, hcl2.Join(new(hcl2.Origins).Diagnosed(diags))
			}
			values[name] = v
		}
		return cty.ObjectVal(values), nil
	})
}

// local evaluates the template and gives the value of local.out, which has to be a text.
func (r *rig) local(t *testing.T, template string) string {
	t.Helper()
	path := filepath.Join(r.in.Dir, "main.pkr.hcl")
	build := "\nsource \"x\" \"y\" {}\nbuild {\n  name = local.out\n  sources = [\"x.y\"]\n}\n"
	if err := os.WriteFile(path, []byte(template+build), 0o644); err != nil {
		t.Fatal(err)
	}
	tmpl, err := r.load()
	if err != nil {
		t.Fatal(err)
	}
	return tmpl.Builds[0].Name
}

// messages gives the faults, with DIR for the folder.
func (r *rig) messages(err error) []string {
	var list []string
	for _, e := range hcl2.Errors(err) {
		list = append(list, strings.ReplaceAll(e.Error(), r.in.Dir, "DIR"))
	}
	if list == nil && err != nil {
		list = []string{strings.ReplaceAll(err.Error(), r.in.Dir, "DIR")}
	}
	return list
}

func (r *rig) told(secret string) bool { return slices.Contains(r.secrets, secret) }
