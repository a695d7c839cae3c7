package difftest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs holds that docs/customizers.md names cases that there are, and counts them right.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "customizers.md"))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]string{}
	for _, c := range windowsCases {
		cases["TestWindows"] = append(cases["TestWindows"], c.name)
	}
	for _, c := range templateCases {
		cases["TestTemplates"] = append(cases["TestTemplates"], c.name)
	}
	for _, c := range updateCases {
		cases["TestWindowsUpdate"] = append(cases["TestWindowsUpdate"], c.name)
	}
	for _, c := range sshCases {
		cases["TestSSH"] = append(cases["TestSSH"], c.name)
	}
	known := map[string]bool{}
	for test, names := range cases {
		for _, name := range names {
			if known[test+"/"+name] {
				t.Errorf("two cases are %s/%s", test, name)
			}
			known[test+"/"+name] = true
		}
		if want := fmt.Sprintf("| `%s` | %d ", test, len(names)); !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	named := regexp.MustCompile("`(Test[A-Za-z]+/[^`]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 40 {
		t.Errorf("the page names %d cases only", len(named))
	}
	for _, m := range named {
		if !known[m[1]] {
			t.Errorf("the page names %s, and there is none", m[1])
		}
	}
}
