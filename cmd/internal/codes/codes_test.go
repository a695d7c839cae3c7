package codes_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/cmd/internal/codes"
	"github.com/ingot-build/ingot/translate/diag"
)

// TestAll holds the table against docs/diagnostics.md, which another test holds against the sources.
func TestAll(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "diagnostics.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (ING\d{4}) \|`).FindAllStringSubmatch(string(page), -1) {
		documented[m[1]] = true
	}
	seen := map[diag.Code]bool{}
	for _, e := range codes.All() {
		if seen[e.Code] || !documented[string(e.Code)] {
			t.Errorf("%s: twice: %v, documented: %v", e.Code, seen[e.Code], documented[string(e.Code)])
		}
		seen[e.Code] = true
	}
	for code := range documented {
		if _, ok := codes.Find(diag.Code(code)); !ok {
			t.Errorf("%s is documented and not in the table", code)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, given string
		want        string // some that must be in it, and with "!" some that must not
	}{
		{"one", "ING2103", "ING2103 !ING2104"},
		{"lower case and spaces", " ing2103 ,ING1001", "ING2103 ING1001"},
		{"a group", "ING22xx", "ING2201 ING2290 !ING2103"},
		{"a wide group", "ING1xxx", "ING1001 ING1101 !ING2201"},
		{"all", "INGxxxx", "ING1001 ING2201"},
	} {
		set, err := codes.Parse(strings.Split(tt.given, ","))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for _, want := range strings.Fields(tt.want) {
			code, absent := strings.CutPrefix(want, "!")
			if set[diag.Code(code)] == absent {
				t.Errorf("%s: %s is in it: %v", tt.name, code, !absent)
			}
		}
	}
	for given, fix := range map[string]string{
		"ING2013":  "",
		"ING9999":  "",
		"ING99xx":  "all are listed by",
		"ING22x":   "",
		"xINGxxxx": "",
		"":         "all are listed by",
		"SC2086":   "all are listed by",
		"ING22222": "did you mean ING",
	} {
		_, err := codes.Parse([]string{"ING2103", given})
		var unknown *codes.UnknownError
		if !errors.As(err, &unknown) || unknown.Given != given || !strings.Contains(unknown.Fix(), fix) {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestPageOf(t *testing.T) {
	page, ok := codes.PageOf("ING2201")
	if !ok || page.Text == "" || !strings.HasPrefix(page.Bad, "{") || !strings.Contains(page.Findings, "ING2201") || page.WindowsExample {
		t.Errorf("%v %+v", ok, page)
	}
	if !strings.Contains(page.Good, "fi\"]") {
		t.Error(cmp.Diff("", page.Good))
	}
	if _, ok := codes.PageOf("ING1001"); ok {
		t.Error("a code without a page has one")
	}
	if _, ok := codes.PageOf("../codes"); ok {
		t.Error("a path was taken for a code")
	}
}
