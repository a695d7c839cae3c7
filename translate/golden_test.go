package translate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

var update = flag.Bool("update", false, "rewrite the wanted results")

// TestGolden translates in.json of every archive in testdata and compares with the files beside it: want.diag has the findings,
// want.plan.json and want.pkr.hcl the results, absent after errors, with want.validate.pkr.hcl where the image is validated.
// want.validate has what validating alone finds, where that is
// something else, and want.unknown what is not known. params.json, if there, is the parameter file; a line "name: x",
// "location: x" or "param: k=v" in the archive's comment is an option, and so is "build", for what can be built here.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			src, opts := input(t, archive)
			p, diags := translate.Translate(src, opts)
			got := map[string]string{"want.diag": report(diags)}
			opts.Target = check.QEMU // so that only what a plan asks for makes a difference
			checked, findings := translate.Validate(src, opts)
			if text := report(findings); text != got["want.diag"] {
				got["want.validate"] = text
			}
			if text := unknowns(checked); text != "" {
				got["want.unknown"] = text
			}
			if p != nil {
				roundTrip(t, p)
				got["want.plan.json"] = encode(t, p)
				folder := emitted(t, p)
				got["want.pkr.hcl"] = folder[emit.TemplateFile]
				if text, ok := folder[emit.ValidateDir+"/"+emit.TemplateFile]; ok {
					got["want.validate.pkr.hcl"] = text
				}
			}
			if *update {
				rewrite(t, path, archive, got)
				return
			}
			want := map[string]string{}
			for _, f := range archive.Files {
				if strings.HasPrefix(f.Name, "want.") {
					want[f.Name] = string(f.Data)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func input(t *testing.T, archive *txtar.Archive) (translate.Source, translate.Options) {
	t.Helper()
	var src translate.Source
	var opts translate.Options
	opts.Check.Translate = true
	for _, f := range archive.Files {
		switch f.Name {
		case "in.json":
			src = translate.Source{File: f.Name, Data: f.Data}
		case "params.json":
			opts.ParameterFiles = append(opts.ParameterFiles, translate.Source{File: f.Name, Data: f.Data})
		}
	}
	if src.File == "" {
		t.Fatal("no in.json")
	}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "name":
			opts.Name = value
		case "param":
			k, v, _ := strings.Cut(value, "=")
			if opts.Params.Values == nil {
				opts.Params.Values = map[string]string{}
			}
			opts.Params.Values[k] = v
		case "build":
			opts.Check.Translate = false
		case "location":
			opts.Params.Location = value
		}
	}
	return src, opts
}

// report gives each finding its first line, then what else it says.
func report(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintln(&b, d)
		for _, part := range []struct{ label, text string }{{"at", d.Path}, {"why", d.Why}, {"fix", d.Fix}} {
			if part.text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", part.label, part.text)
			}
		}
		for _, n := range d.Related {
			fmt.Fprintf(&b, "  %s: %s\n", n.Range, n.Message)
		}
	}
	return b.String()
}

// unknowns gives a line for each value that is not known.
func unknowns(checked []translate.Checked) string {
	var b strings.Builder
	for _, c := range checked {
		for _, u := range c.Unknowns {
			fmt.Fprintf(&b, "%s: %s %s: %s\n  why: %s\n", u.Range, c.Name, u.Path, u.Missing.Form, u.Missing.Why)
			if u.Missing.Fix != "" {
				fmt.Fprintf(&b, "  fix: %s\n", u.Missing.Fix)
			}
		}
	}
	return b.String()
}

func encode(t *testing.T, p *plan.Plan) string {
	t.Helper()
	data, err := plan.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// roundTrip is the second witness: a plan survives JSON.
func roundTrip(t *testing.T, p *plan.Plan) {
	t.Helper()
	back, err := plan.Decode([]byte(encode(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back, cmpopts.IgnoreTypes(diag.Range{}, plan.Lines{})); diff != "" {
		t.Errorf("plan after JSON (-want +got):\n%s", diff)
	}
}

// emitted gives the Packer folder.
func emitted(t *testing.T, p *plan.Plan) map[string]string {
	t.Helper()
	folder, err := emit.Packer(p, emit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range folder.Files {
		all[f.Path] = string(f.Data)
	}
	return all
}

// rewrite puts the results behind the inputs of an archive.
func rewrite(t *testing.T, path string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	var files []txtar.File
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want.") {
			files = append(files, f)
		}
	}
	for _, name := range []string{"want.diag", "want.validate", "want.unknown", "want.plan.json", "want.pkr.hcl",
		"want.validate.pkr.hcl"} {
		if text, ok := got[name]; ok {
			files = append(files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	archive.Files = files
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
