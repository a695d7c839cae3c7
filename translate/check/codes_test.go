package check_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/lower"
	"github.com/ingot-build/ingot/translate/template"
)

var update = flag.Bool("update", false, "rewrite the wanted findings and docs/diagnostics.md")

// allCodes lists what every stage from reading to lowering may find, in order.
func allCodes() []diag.Entry {
	all := slices.Concat(armjson.Codes(), deployment.Codes(), translate.Codes(), template.Codes(), lower.Codes())
	for _, r := range check.Rules() {
		all = append(all, diag.Entry{Code: r.Code, Severity: r.Severity, Summary: r.Summary})
	}
	return all
}

func TestCodesAreDistinct(t *testing.T) {
	form := regexp.MustCompile(`^ING[1-4]\d{3}$`)
	seen := map[diag.Code]bool{}
	for _, e := range allCodes() {
		switch {
		case seen[e.Code]:
			t.Errorf("%s is used twice", e.Code)
		case !form.MatchString(string(e.Code)):
			t.Errorf("%q is not a code", e.Code)
		case e.Severity != diag.Error && e.Severity != diag.Warning:
			t.Errorf("%s has no severity", e.Code)
		case e.Summary == "" || strings.HasSuffix(e.Summary, "."):
			t.Errorf("%s has the summary %q", e.Code, e.Summary)
		}
		seen[e.Code] = true
	}
}

// TestReferencePage keeps docs/diagnostics.md equal to the tables.
func TestReferencePage(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "diagnostics.md")
	want := referencePage()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/diagnostics.md is not up to date (go test ./translate/check -update):\n%s", diff)
	}
}

func referencePage() []byte {
	var b bytes.Buffer
	b.WriteString(`# Diagnostics

Every finding about your text has a code, which is stable and never reused. This page is made from the tables in the code;
after a change run ` + "`go test ./translate/check -update`" + `.
`)
	section := func(title string, entries []diag.Entry) {
		fmt.Fprintf(&b, "\n## %s\n\n| code | severity | what it says |\n| --- | --- | --- |\n", title)
		for _, e := range entries {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", e.Code, e.Severity, e.Summary)
		}
	}
	section("Reading JSON", armjson.Codes())
	section("Deployment templates", deployment.Codes())
	section("Choosing the image template", translate.Codes())
	section("The shape of an image template", template.Codes())
	rules := check.Rules()
	group := func(title, prefix string) {
		fmt.Fprintf(&b, "\n## %s\n\n| code | severity | what it says | reference |\n| --- | --- | --- | --- |\n", title)
		for _, r := range rules {
			if strings.HasPrefix(string(r.Code), prefix) {
				fmt.Fprintf(&b, "| %s | %s | %s | [link](%s) |\n", r.Code, r.Severity, r.Summary, r.Reference)
			}
		}
	}
	group("Rules of image templates", "ING21")
	group("Not covered yet", "ING30")
	group("Without effect on this machine", "ING31")
	section("What Packer cannot do", lower.Codes())
	return b.Bytes()
}
