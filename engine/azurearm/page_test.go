package azurearm

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/errors.md")

// The marks around the tables.
const begin, end = "<!-- the tables are made by a test -->\n", "<!-- end of the tables -->\n"

// TestPage keeps the tables of docs/errors.md equal to those of the program.
func TestPage(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "errors.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has not the marks of its tables", file)
	}
	want := before + begin + tables(t) + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("docs/errors.md is not up to date: run go test ./engine/azurearm -run Page -update (-want +got):\n%s", diff)
	}
}

func tables(t *testing.T) string {
	var b bytes.Buffer
	for _, part := range []struct {
		title string
		rows  []row
	}{
		{"Who asks, and what is allowed", accessRows}, {"Limits, and room", limitRows}, {"What is not there", absentRows},
		{"What is there, in use, or does not fit", conflictRows}, {"Networks", networkRows}, {"Machines", machineRows},
		{"What the builder says", textRows}, {"What says little", weakRows},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n| Azure says | it means | why | what to do |\n| --- | --- | --- | --- |\n", part.title)
		for _, r := range part.rows {
			says := looks(r)
			if says == "" {
				t.Errorf("nothing tells what %q looks like", r.what)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", says, blank(r.what), blank(r.why), blank(r.fix))
		}
	}
	b.WriteString("\n")
	return b.String()
}

// looks tells how a row is known.
func looks(r row) string {
	switch {
	case len(r.codes) > 0:
		return "`" + strings.Join(r.codes, "`, `") + "`"
	case r.words != "":
		return "`" + r.words + "`"
	case r.status != 0:
		return fmt.Sprintf("%d %s", r.status, http.StatusText(r.status))
	}
	return ""
}

// blank leaves out what is filled in.
func blank(text string) string {
	return strings.ReplaceAll(slot.ReplaceAllString(text, "…"), "|", "\\|")
}
