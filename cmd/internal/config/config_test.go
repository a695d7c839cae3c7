package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/cmd/internal/codes"
	"github.com/ingot-build/ingot/cmd/internal/config"
	"github.com/ingot-build/ingot/translate/diag"
)

// write makes files in an empty folder that becomes the current one.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func find(t *testing.T, name string) *config.File {
	t.Helper()
	f, err := new(config.Finder).Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// render gives the settings that are set, those that are sets by their size.
func render(s config.Settings) string {
	var parts []string
	add := func(set bool, format string, value any) {
		if set {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	if s.Severity != 0 {
		parts = append(parts, "severity "+s.Severity.String())
	}
	if s.FailOn != 0 {
		parts = append(parts, "fail_on "+s.FailOn.String())
	}
	set := func(name string, set codes.Set) {
		if set != nil {
			var all []string
			for code := range set {
				all = append(all, string(code))
			}
			slices.Sort(all)
			parts = append(parts, name+" "+strings.Join(all, "+"))
		}
	}
	set("rules", s.Rules)
	set("disable", s.Disable)
	add(s.Target != "", "target %v", s.Target)
	add(s.Shellcheck != "", "shellcheck %v", s.Shellcheck)
	add(s.Scripts != "", "scripts %v", s.Scripts)
	return strings.Join(parts, ", ")
}

func TestSettings(t *testing.T) {
	write(t, map[string]string{
		"ingot.hcl": `
validate {
  severity   = "warning"
  disable    = ["ING2103"]
  shellcheck = "off"
  scripts    = "scripts"
}
# the later one wins
path "examples/**" {
  disable = ["ING2201", "ing1902"]
}
path "examples/*/old.json" {
  severity = "error"
  fail_on  = "warning"
  rules    = ["ING2103"]
  target   = "qemu"
}
`,
		"below/ingot.hcl": `validate { fail_on = "info" }`,
	})
	for _, tt := range []struct{ name, file, want string }{
		{"in the folder", "web.json", "severity warning, disable ING2103, shellcheck off, scripts scripts"},
		{"further down", "a/b/web.json", "severity warning, disable ING2103, shellcheck off, scripts scripts"},
		{"one pattern", "examples/web.json", "severity warning, disable ING1902+ING2103+ING2201, shellcheck off, scripts scripts"},
		{"two patterns", "examples/x/old.json",
			"severity error, fail_on warning, rules ING2103, disable ING1902+ING2103+ING2201, target qemu, shellcheck off, scripts scripts"},
		{"the nearest file alone", "below/x/web.json", "fail_on info"},
		{"standard input", "-", "severity warning, disable ING2103, shellcheck off, scripts scripts"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := find(t, tt.file)
			if len(f.Findings) > 0 {
				t.Error(f.Findings)
			}
			if diff := cmp.Diff(tt.want, render(f.For(tt.file))); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
	t.Chdir("below")
	if f := find(t, "../web.json"); f.Name != "../ingot.hcl" || f.For("../web.json").Scripts != "../scripts" {
		t.Errorf("from another folder: %s, %+v", f.Name, f.For("../web.json"))
	}
}

func TestNone(t *testing.T) {
	write(t, map[string]string{"x.json": "", "ingot.hcl/x": ""}) // a folder of that name is none
	f := find(t, "x.json")
	if f != nil || render(f.For("x.json")) != "" {
		t.Errorf("%+v", f)
	}
}

func TestFindings(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		settings         string // what counts all the same
	}{
		{"an unknown block", `valdate {}`, `1:1: there is no block "valdate"; did you mean "validate"? known: "path", "validate"`, ""},
		{"an unknown setting", "validate {\n  sevrity = \"error\"\n  fail_on = \"info\"\n}",
			`2:3: there is no setting "sevrity"; did you mean "severity"? known: "disable", "fail_on", "rules", "scripts", "severity", ` +
				`"shellcheck", "target"`, "fail_on info"},
		{"a setting outside", `severity = "error"`,
			`1:1: "severity" stands outside of a block; write it inside a block: validate { … } or path "PATTERN" { … }`, ""},
		{"an unknown word", `validate { severity = "warn" }`, `1:23: "severity" is "warn"; did you mean "warning"? known: "error", "info", "warning"`, ""},
		{"another type", `validate { severity = ["error"] }`, `1:23: unsuitable value type`, ""},
		{"a variable", `validate { severity = low }`, `1:23: variables not allowed`, ""},
		{"an unknown code", "# ä\nvalidate { disable = [\"ä\", \"ING2103\", \"ING2013x\", 7, \"ING22yy\"] }",
			`2:23: there is no code "ä"; all are listed by`, "disable ING2103"},
		{"no list", `validate { disable = "ING2103" }`, `1:23: invalid expression`, ""},
		{"twice", "validate { fail_on = \"info\" }\nvalidate {}", `2:1: the block "validate" is there twice`, "fail_on info"},
		{"a label too many", `validate "a/**" {}`, `1:10: the block "validate" has no label; for some of them, write: path "a/**" { … }`, ""},
		{"a label too few", `path {}`, `1:1: the block "path" has 0 labels`, ""},
		{"no pattern", `path "[a" {}`, `1:6: "[a" is not a pattern`, ""},
		{"a pattern for nothing", `path "./a" {}`, `1:6: the pattern "./a" matches nothing`, ""},
		{"a block inside", "validate {\n  path \"a\" {}\n}", `2:3: there is no block "path" inside of a block`, ""},
		{"half a file", "validate {\n  fail_on = \"info\"\n", `unclosed configuration block`, "fail_on info"},
		{"no text", "\xff\xfe", `1:1: invalid character`, ""},
		{"a folder above", `validate { scripts = "../x" }`, `1:22: the folder "../x" is not below the one of this file`, ""},
		{"an absolute folder", `validate { scripts = "/etc" }`, `1:22: the folder "/etc" is not below the one of this file`, ""},
		{"an unknown target", `validate { target = "azure" }`, `1:21: "target" is "azure"; known: "qemu"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, map[string]string{"ingot.hcl": tt.text})
			f := find(t, "x.json")
			var got []string
			for _, d := range f.Findings {
				got = append(got, fmt.Sprintf("%d:%d: %s; %s", d.Subject.Start.Line, d.Subject.Start.Column, d.Summary, d.Fix))
				if d.Severity != diag.Error || d.Subject.File != "ingot.hcl" || d.Subject.End.Byte > len(tt.text) {
					t.Errorf("%+v", d)
				}
			}
			if !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n"), tt.want)
			}
			if s := render(f.For("x.json")); s != tt.settings {
				t.Errorf("settings %q, want %q", s, tt.settings)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	write(t, map[string]string{"ingot.hcl": strings.Repeat("#", 2<<20)})
	if f := find(t, "x.json"); len(f.Findings) != 1 || f.Findings[0].Why != "it is larger than 1 MiB" {
		t.Errorf("%+v", f.Findings)
	}
	write(t, nil)
	if err := os.Symlink("/etc/passwd", "ingot.hcl"); err != nil {
		t.Fatal(err)
	}
	if f := find(t, "x.json"); len(f.Findings) != 1 || f.Findings[0].Why != "it is not a regular file" {
		t.Errorf("%+v", f.Findings)
	}
}

// A Finder is asked by many at once, and reads each file once.
func TestConcurrent(t *testing.T) {
	write(t, map[string]string{"ingot.hcl": `validate { fail_on = "info" }`})
	var finder config.Finder
	files := make([]*config.File, 100)
	var wg sync.WaitGroup
	for i := range files {
		wg.Go(func() { files[i], _ = finder.Find(fmt.Sprintf("%d/x.json", i%7)) })
	}
	wg.Wait()
	for _, f := range files {
		if f == nil || f != files[0] {
			t.Fatal("the file was read again, or not found")
		}
	}
}

// FuzzParse: no panic, and every finding has a place inside the file.
func FuzzParse(f *testing.F) {
	f.Add("validate {\n  severity = \"warning\"\n  disable = [\"ING2210\"]\n}\npath \"a/**\" { rules = [] }")
	f.Add("path \"${x}\" {}")
	f.Add("validate { severity = <<E\nä\nE\n}")
	f.Fuzz(func(t *testing.T, text string) {
		write(t, map[string]string{"ingot.hcl": text})
		for _, d := range find(t, "x.json").Findings {
			if s := d.Subject; s.Start.Line < 1 || s.Start.Column < 1 || s.Start.Byte < 0 || s.End.Byte > len(text) || d.Summary == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}
