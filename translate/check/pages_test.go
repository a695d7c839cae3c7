package check_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// TestPages runs the examples on the page of each rule: the bad one gives the findings that the page shows, of that rule alone; the
// good one gives none. What other rules find that is less severe is not shown.
func TestPages(t *testing.T) {
	for _, rule := range check.Rules() {
		t.Run(string(rule.Code), func(t *testing.T) {
			data := check.Page(rule.Code)
			if data == nil {
				t.Fatalf("there is no page for %q", rule.Summary)
			}
			a := txtar.Parse(data)
			if len(bytes.TrimSpace(a.Comment)) == 0 || rule.Reference == "" {
				t.Error("the page says nothing about the rule, or the rule has no reference")
			}
			bad, good := example(t, a, "bad.json", rule), example(t, a, "good.json", rule)
			if len(good) > 0 {
				t.Errorf("the good example:\n%s", render(good))
			}
			if len(bad) == 0 || slices.ContainsFunc(bad, func(d diag.Diagnostic) bool { return d.Code != rule.Code }) {
				t.Errorf("the bad example has no findings, or others:\n%s", render(bad))
			}
			got := render(bad)
			if *update {
				file(a, "findings").Data = []byte(got)
				if err := os.WriteFile(filepath.Join("pages", string(rule.Code)+".txtar"), txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(file(a, "findings").Data), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
	files, err := os.ReadDir("pages")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		code := strings.TrimSuffix(f.Name(), ".txtar")
		if !slices.ContainsFunc(check.Rules(), func(r check.Rule) bool { return string(r.Code) == code }) {
			t.Errorf("pages/%s is about no rule", f.Name())
		}
	}
}

// file is one file of a page; an empty one when it has none of the name.
func file(a *txtar.Archive, name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	return &txtar.File{Name: name}
}

// example decodes and checks an example, and returns what is found in it.
func example(t *testing.T, a *txtar.Archive, name string, rule check.Rule) diag.List {
	t.Helper()
	os := "linux"
	if base := strings.TrimSpace(string(file(a, "base").Data)); base != "" {
		os = base
	}
	part, list := armjson.Parse(name, file(a, name).Data)
	if part == nil || list.HasErrors() {
		t.Fatalf("%s: %v", name, list)
	}
	tmpl, more := template.Decode(overlay(parseFile(t, filepath.Join("testdata", "base."+os+".json")), part))
	list.Add(more...)
	o := check.Options{Files: map[string][]byte{name: file(a, name).Data}}
	if rule.Target != "" {
		o.Target = check.QEMU // what is about any target is about this one too
	}
	o.Script = func(uri, _ string) (string, []byte, bool) {
		_, base, _ := strings.Cut(uri, "://example.com/")
		f := file(a, base)
		return base, f.Data, base != "" && f.Data != nil
	}
	if !list.HasErrors() || rule.Code < "ING2100" {
		list.Add(check.Check(tmpl, o)...)
	}
	return slices.DeleteFunc(list, func(d diag.Diagnostic) bool {
		ofShape := d.Code < "ING2100" && d.Severity != diag.Error // the base is written in a version of its own
		return d.Code != rule.Code && (ofShape || d.Severity > rule.Severity)
	})
}

func parseFile(t *testing.T, path string) *armjson.Node {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, list := armjson.Parse(path, data)
	if len(list) > 0 {
		t.Fatal(list)
	}
	return n
}

// overlay lays the members of an object over those of another, and the members of "properties" likewise.
func overlay(base, over *armjson.Node) *armjson.Node {
	if over.Kind != armjson.Object || base == nil {
		return over
	}
	var members []armjson.Member
	for _, m := range base.Members {
		if with := over.Get(m.Key); with == nil {
			members = append(members, m)
		}
	}
	for _, m := range over.Members {
		if m.Key == "properties" {
			m.Value = overlay(base.Get(m.Key), m.Value)
		}
		members = append(members, m)
	}
	return over.WithMembers(members)
}
