package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pages are run from the first command to the last.
var pages = []string{"validate.md", "import.md", "staging.md", "preflight.md", "diff.md", "layers.md", "fast.md"}

// block is a fenced block of a page, and the comment before it that names a file.
var block = regexp.MustCompile("(?s)(?:<!-- file: (\\S+) -->\n)?```(\\w+)\n(.*?)```")

// TestPages runs the commands of pages one after another, in a folder with the files of the page, as far as the page has come to them: a
// file counts for what is below it. INGOT_UPDATE_SCRIPTS=1 rewrites what they print.
func TestPages(t *testing.T) {
	for _, name := range pages {
		t.Run(name, func(t *testing.T) { runPage(t, filepath.Join("../../docs", name)) })
	}
}

func runPage(t *testing.T, name string) {
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	commands := 0
	made := block.ReplaceAllStringFunc(string(page), func(text string) string {
		m := block.FindStringSubmatch(text)
		if file := m[1]; file != "" {
			name := filepath.Join(dir, file)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(m[3]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if m[2] != "console" {
			return text
		}
		var b strings.Builder
		for l := range strings.Lines(m[3]) {
			if command, ok := strings.CutPrefix(l, "$ "); ok {
				commands++
				b.WriteString(l + printed(t, dir, command))
			}
		}
		return "```console\n" + b.String() + "```"
	})
	if commands == 0 {
		t.Error("the page shows no command")
	}
	if os.Getenv("INGOT_UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile(name, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(page), made); diff != "" {
		t.Errorf("%s shows what is no longer so (INGOT_UPDATE_SCRIPTS=1 go test ./cmd/ingot -run Page, and read it):\n%s", name, diff)
	}
}

// printed gives what a command prints, of both streams, without blanks at the ends of lines.
func printed(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 {
		t.Errorf("%s: exit code %d: %s", command, code, out)
	}
	return string(out)
}
