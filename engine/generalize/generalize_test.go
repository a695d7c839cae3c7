package generalize

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/plan"
)

var update = flag.Bool("update", false, "rewrite the wanted findings")

// TestExplain holds each archive of testdata against its file "want". An archive is a failure as it was seen, and the answers
// of the machine as the commands of Questions print them.
func TestExplain(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 15 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want string
			var c Case
			var list []string
			for _, f := range a.Files {
				switch text := string(f.Data); {
				case f.Name == "want":
					want = text
				case f.Name == "case":
					c = readCase(t, text)
				case f.Name == "output":
					c.Output = strings.Split(strings.TrimSpace(text), "\n")
				default:
					list = append(list, strings.ReplaceAll(text, "\n", "\r\n"))
				}
			}
			found, replaced := Explain(c, list)
			got := render(found)
			if replaced {
				got += "(replaced)\n"
			}
			if *update {
				a.Files = a.Files[:len(a.Files):len(a.Files)]
				if a.Files[len(a.Files)-1].Name == "want" {
					a.Files = a.Files[:len(a.Files)-1]
				}
				a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings (-want +got), -update rewrites them:\n%s", diff)
			}
		})
	}
}

func readCase(t *testing.T, text string) Case {
	t.Helper()
	var c Case
	for i, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		switch {
		case i == 0:
			c.OS = plan.OS(word)
		case name == "late":
			c.Late = true
		case name == "script":
			c.Script = value
		default:
			t.Fatalf("a case has no %q", word)
		}
	}
	return c
}

func render(list []events.Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s\n", f.What)
		lines := strings.Join(f.Lines, "\n       ")
		for _, part := range []struct{ name, text string }{{"why", f.Why}, {"log", lines}, {"fix", f.Fix}} {
			if part.text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", part.name, part.text)
			}
		}
	}
	return b.String()
}

// Hostile machines may answer anything: what is said stays bounded, and is text.
func FuzzExplain(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(string(file.Data), string(file.Data), true)
		}
	}
	f.Fuzz(func(t *testing.T, output, answer string, windows bool) {
		c := Case{OS: plan.Linux, Script: "aaaa", Output: strings.Split(output, "\n")}
		if windows {
			c.OS = plan.Windows
		}
		list, _ := Explain(c, []string{answer})
		if len(list) > maxFindings {
			t.Errorf("%d findings", len(list))
		}
		for _, found := range list {
			if found.What == "" || len(found.Lines) > maxLines {
				t.Errorf("a finding of %d lines: %q", len(found.Lines), found.What)
			}
			for _, text := range append(found.Lines, found.What, found.Why, found.Fix) {
				if len(text) > 4*maxLine || !utf8.ValidString(text) {
					t.Errorf("%d bytes: %q", len(text), text)
				}
			}
		}
	})
}

// The commands fit into what is between them and the machine.
func TestQuestions(t *testing.T) {
	for _, q := range Questions(plan.Windows) {
		if len(q) > 8000 {
			t.Errorf("cmd.exe takes no line of %d characters", len(q))
		}
		_, text, _ := strings.Cut(q, "-EncodedCommand ")
		if b, err := base64.StdEncoding.DecodeString(text); err != nil || len(b)%2 != 0 {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
	// A real shell runs the other one on this machine: it changes nothing, and gives every fact.
	for _, sh := range [][]string{{"sh", "-c"}, {"bash", "-c"}, {"busybox", "sh", "-c"}} {
		if _, err := exec.LookPath(sh[0]); err != nil {
			continue
		}
		out, err := exec.Command(sh[0], append(sh[1:], Questions(plan.Linux)[0])...).CombinedOutput()
		a := parse([]string{string(out)})
		for _, fact := range []string{"sudo", "script", "waagent", "cloudInit", "free"} {
			if _, ok := a.facts[fact]; !ok {
				t.Errorf("%s: no %q: %v\n%s", sh[0], fact, err, out)
			}
		}
		if free, err := strconv.Atoi(a.facts["free"]); err != nil || free <= 0 {
			t.Errorf("free: %q", a.facts["free"])
		}
	}
}
