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

	"github.com/ingot-build/ingot/engine/distribute/azure"
	"github.com/ingot-build/ingot/engine/distribute/local"
	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/fromhcl"
	"github.com/ingot-build/ingot/translate/lower"
	"github.com/ingot-build/ingot/translate/migrate"
	"github.com/ingot-build/ingot/translate/template"
)

var update = flag.Bool("update", false, "rewrite the wanted findings and docs/diagnostics.md")

// ownCodes lists what decoding and checking may find.
func ownCodes() []diag.Entry {
	all := template.Codes()
	for _, r := range check.Rules() {
		all = append(all, diag.Entry{Code: r.Code, Severity: r.Severity, Summary: r.Summary})
	}
	return all
}

// allCodes lists what every stage may find.
func allCodes() []diag.Entry {
	return slices.Concat(armjson.Codes(), deployment.Codes(), translate.Codes(), ownCodes(), lower.Codes(), local.Codes(), azure.Codes(),
		resolve.Codes(), migrate.Codes(), fromhcl.Codes(), preflight.Codes())
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
		case e.Severity != diag.Error && e.Severity != diag.Warning && e.Severity != diag.Info:
			t.Errorf("%s has no severity", e.Code)
		case e.Summary == "" || strings.HasSuffix(e.Summary, "."):
			t.Errorf("%s has the summary %q", e.Code, e.Summary)
		}
		seen[e.Code] = true
	}
}

// TestEveryCodeIsListed looks through the sources for codes: each must be declared once, and be in allCodes, so that the page
// has it.
func TestEveryCodeIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, e := range allCodes() {
		listed[string(e.Code)] = true
	}
	declaration := regexp.MustCompile(`diag\.Code\s*=\s*"(ING\d{4})"`)
	declared := map[string]string{} // code to file
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range declaration.FindAllStringSubmatch(string(src), -1) {
			code := m[1]
			if other, twice := declared[code]; twice {
				t.Errorf("%s is declared in %s and in %s", code, other, file)
			}
			if declared[code] = file; !listed[code] {
				t.Errorf("%s of %s is in no list of codes", code, file)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(declared) < 50 {
		t.Errorf("only %d codes were found in the sources", len(declared))
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
	section("Around the image template", translate.Codes())
	section("The shape of an image template", template.Codes())
	rules := check.Rules()
	group := func(title, prefix string) {
		fmt.Fprintf(&b, "\n## %s\n\n", title)
		var found, translate []string
		for _, r := range rules {
			if !strings.HasPrefix(string(r.Code), prefix) {
				continue
			}
			found = append(found, fmt.Sprintf("| %s | %s | %s | [link](%s) |\n", r.Code, r.Severity, r.Summary, r.Reference))
			if !strings.Contains(r.Scope(), "translate takes it") {
				translate = append(translate, string(r.Code))
			}
		}
		if n := len(translate); n > 0 && n < len(found) {
			fmt.Fprintf(&b, "`ingot build` and `ingot validate --target qemu` find these. Of them, `ingot translate` finds %s.\n\n",
				strings.Join(translate, ", "))
		}
		b.WriteString("| code | severity | what it says | reference |\n| --- | --- | --- | --- |\n" + strings.Join(found, ""))
	}
	group("Rules of image templates", "ING21")
	group("Shell scripts", "ING22")
	group("PowerShell scripts", "ING23")
	group("Not covered yet", "ING30")
	group("Without effect on this machine", "ING31")
	section("Another api-version", migrate.Codes())
	section("From a Packer template", fromhcl.Codes())
	section("What Packer cannot do", lower.Codes())
	section("Destinations", slices.Concat(local.Codes(), azure.Codes()))
	section("Sources, scripts and files", resolve.Codes())
	section("Before a build on Azure", preflight.Codes())
	return b.Bytes()
}
