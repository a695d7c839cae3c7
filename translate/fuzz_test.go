package translate_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// FuzzTranslate holds for any bytes: no panic; every place lies in the file; the same input gives the same output; a plan
// exists exactly when there is no error, passes its own check, and has a Packer template; what has a plan is valid. What can be
// built can be translated, to the same plan; and that plan is the same for every target.
func FuzzTranslate(f *testing.F) {
	for _, pattern := range []string{"testdata/*.txtar", "../examples/*/template.json", "../../shared/corpus/json/*.json"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			f.Add(seed(f, path))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := translate.Source{File: "t.json", Data: data}
		p, diags := translate.Translate(src, translate.Options{})
		again, diagsAgain := translate.Translate(src, translate.Options{})
		if diff := cmp.Diff(p, again) + cmp.Diff(diags, diagsAgain); diff != "" {
			t.Errorf("the second time it is different:\n%s", diff)
		}
		for _, d := range diags {
			inFile(t, d.Subject, data)
			for _, n := range d.Related {
				inFile(t, n.Range, data)
			}
		}
		checked, findings := translate.Validate(src, translate.Options{})
		for _, d := range findings {
			inFile(t, d.Subject, data)
		}
		if p != nil && (findings.HasErrors() || len(checked) != 1) {
			t.Errorf("there is a plan of %d image templates with %v", len(checked), findings)
		}
		if (p == nil) != diags.HasErrors() {
			t.Fatalf("plan %v with findings %v", p, diags)
		}
		packers(t, src, p)
	})
}

// packers translates for every target. Azure takes fewer ids than the service does, so that a folder for it is not wanted. Built is
// the plan of a build on this machine; nil if it has none.
func packers(t *testing.T, src translate.Source, built *plan.Plan) {
	t.Helper()
	var plans []*plan.Plan
	for _, target := range []string{check.QEMU, check.Azure} {
		p, diags := translate.Translate(src, translate.Options{Target: target, Check: check.Options{Translate: true}})
		if (p == nil) != diags.HasErrors() {
			t.Fatalf("%s: plan %v with findings %v", target, p, diags)
		}
		if p == nil {
			continue
		}
		if err := p.Check(); err != nil {
			t.Error(err)
		}
		if _, err := emit.Packer(p, emit.Options{Target: target}); err != nil && target == check.QEMU {
			t.Error(err)
		}
		plans = append(plans, p)
	}
	if built != nil && len(plans) != 2 {
		t.Fatalf("what can be built has %d translations", len(plans))
	}
	if len(plans) == 2 && !reflect.DeepEqual(plans[0], plans[1]) || built != nil && !reflect.DeepEqual(built, plans[0]) {
		t.Errorf("the plans differ:\n%s", cmp.Diff(plans[0], plans[len(plans)-1])+cmp.Diff(built, plans[0]))
	}
}

// seed is the JSON of an archive, or of a file that is no archive.
func seed(f *testing.F, path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range txtar.Parse(data).Files {
		if file.Name == "in.json" {
			return file.Data
		}
	}
	return data
}

func inFile(t *testing.T, r diag.Range, data []byte) {
	t.Helper()
	if r.File != "t.json" || r.Start.Byte < 0 || r.Start.Byte > r.End.Byte || r.End.Byte > len(data) {
		t.Errorf("place %+v is not in a file of %d bytes", r, len(data))
	}
}
