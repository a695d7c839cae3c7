package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// faults asks all rules but those that say what is good to know: they are about nearly every template, and have pages.
var faults = check.Options{Target: check.QEMU, Skip: func(r check.Rule) bool { return r.Severity == diag.Info }}

// TestFindings reads each testdata/err/x.json through all stages and compares the findings with x.out.
func TestFindings(t *testing.T) {
	for _, file := range glob(t, "err") {
		t.Run(name(file), func(t *testing.T) {
			_, list := readAll(t, file, faults)
			got, out := render(list), strings.TrimSuffix(file, ".json")+".out"
			if *update {
				if err := os.WriteFile(out, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if len(list) == 0 {
				t.Error("no findings: the file belongs into testdata/ok")
			}
		})
	}
}

// TestSilence reads each testdata/ok/x.json and wants no fault found in it.
func TestSilence(t *testing.T) {
	for _, file := range glob(t, "ok") {
		t.Run(name(file), func(t *testing.T) {
			if _, list := readAll(t, file, faults); len(list) > 0 {
				t.Errorf("findings:\n%s", render(list))
			}
		})
	}
}

// TestEveryRuleIsTested wants each code of template and check in some .out file, or a page, whose examples are run.
func TestEveryRuleIsTested(t *testing.T) {
	var all strings.Builder
	for _, file := range glob(t, "err") {
		data, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".out")
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for _, rule := range check.Rules() {
		all.Write(check.Page(rule.Code))
	}
	for _, e := range ownCodes() {
		if check.Page(e.Code) == nil && !strings.Contains(all.String(), string(e.Code)) {
			t.Errorf("no file of testdata/err and no page has a finding %s: %s", e.Code, e.Summary)
		}
	}
}

// Check must cope with what Decode leaves of a broken template.
func TestCheckPartial(t *testing.T) {
	check.Check(&template.ImageTemplate{}, check.Options{Target: check.QEMU})
	check.Check(&template.ImageTemplate{}, check.Options{Target: check.Azure, Translate: true})
}

// What a build here cannot do yet is no fault of a Packer template; what no Packer template can say is.
func TestTranslateOnly(t *testing.T) {
	codes := func(o check.Options) []diag.Code {
		var all []diag.Code
		for _, name := range []string{"not_covered", "iso_source"} {
			_, list := readAll(t, filepath.Join("testdata", "err", name+".json"), o)
			for _, d := range list {
				if strings.HasPrefix(string(d.Code), "ING3") && !slices.Contains(all, d.Code) {
					all = append(all, d.Code)
				}
			}
		}
		return all
	}
	for _, tt := range []struct {
		name string
		o    check.Options
		want []diag.Code
	}{
		{"text", check.Options{}, nil},
		{"build here", check.Options{Target: check.QEMU}, []diag.Code{check.CodeOptimize, check.CodeWorkload, check.CodeNoEffect, check.CodeDataDisks, check.CodeISOSource}},
		{"translate", check.Options{Target: check.QEMU, Translate: true}, []diag.Code{check.CodeWorkload, check.CodeNoEffect, check.CodeDataDisks, check.CodeISOSource}},
		{"translate for Azure", check.Options{Target: check.Azure, Translate: true}, []diag.Code{check.CodeWorkload, check.CodeISOSource}},
	} {
		if diff := cmp.Diff(tt.want, codes(tt.o)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func glob(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata/%s: %v", dir, err)
	}
	return files
}

func name(file string) string { return strings.TrimSuffix(filepath.Base(file), ".json") }

// render writes findings one below the other. It is not what users see: that is cmd/internal/view.
func render(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%d:%d: %s: %s [%s]\n", d.Subject.Start.Line, d.Subject.Start.Column, d.Severity, d.Summary, d.Code)
		for _, part := range []struct{ label, text string }{{"at", d.Path}, {"why", d.Why}, {"fix", d.Fix}} {
			if part.text != "" {
				fmt.Fprintf(&b, "  %-5s %s\n", part.label+":", part.text)
			}
		}
		for _, r := range d.Related {
			fmt.Fprintf(&b, "  note: %d:%d %s\n", r.Range.Start.Line, r.Range.Start.Column, r.Message)
		}
	}
	return b.String()
}
