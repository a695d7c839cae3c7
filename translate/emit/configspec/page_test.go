package configspec

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var row = regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| ([0-9.]+) \\|")

// docs/azure.md says since when there are fields that a translation may need.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../../docs/azure.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := row.FindAllStringSubmatch(string(page), -1)
	if len(rows) < 3 {
		t.Fatalf("docs/azure.md has %d fields", len(rows))
	}
	for _, r := range rows {
		if since, ok := Since(strings.Split(r[1], ".")...); !ok || since.String() != r[2] {
			t.Errorf("docs/azure.md: %s is known since %s, not %s", r[1], since, r[2])
		}
	}
}
