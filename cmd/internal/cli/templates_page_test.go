package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

var update = flag.Bool("update", false, "rewrite the tables and the output of the examples in docs/templates.md")

// A page is made of files that its examples need, of examples, and of tables made from the code.
var (
	pageFile    = regexp.MustCompile("(?s)<!-- file (\\S+) -->\n```json\n(.*?)```")
	pageExample = regexp.MustCompile("(?s)```console\n(.*?)```")
	pageTable   = regexp.MustCompile(`(?s)<!-- (functions|limits) -->\n.*?<!-- end -->`)
)

// TestTemplatesPage keeps docs/templates.md true: its tables are those of the code, and its examples give what it shows.
func TestTemplatesPage(t *testing.T) {
	file, err := filepath.Abs("../../../docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, f := range pageFile.FindAllStringSubmatch(string(page), -1) {
		if err := os.MkdirAll(filepath.Dir(f[1]), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f[1], []byte(f[2]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	made := pageExample.ReplaceAllStringFunc(string(page), func(block string) string {
		var b strings.Builder
		b.WriteString("```console\n")
		for _, line := range strings.Split(block, "\n") {
			if command, ok := strings.CutPrefix(line, "$ ingot "); ok {
				fmt.Fprintf(&b, "%s\n%s", line, runExample(t, strings.Fields(command)))
			}
		}
		return b.String() + "```"
	})
	made = pageTable.ReplaceAllStringFunc(made, func(block string) string {
		if strings.HasPrefix(block, "<!-- limits") {
			return "<!-- limits -->\n" + limitsTable() + "<!-- end -->"
		}
		return "<!-- functions -->\n" + functionTables() + "<!-- end -->"
	})
	if *update {
		if err := os.WriteFile(file, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(made, "\n"), strings.Split(string(page), "\n")); diff != "" {
		t.Errorf("docs/templates.md is not up to date (go test ./cmd/internal/cli -run TemplatesPage -update):\n%s", diff)
	}
}

// runExample runs a command line and gives what a terminal would show of it.
func runExample(t *testing.T, args []string) string {
	t.Helper()
	var screen strings.Builder
	env := Env{Stdin: strings.NewReader(""), Stdout: &screen, Stderr: &screen, Getenv: func(string) string { return "" }}
	if code := Main(t.Context(), env, args); code != ExitDone && code != ExitTemplate {
		t.Errorf("ingot %s: exit code %d", strings.Join(args, " "), code)
	}
	return screen.String()
}

func limitsTable() string {
	var b strings.Builder
	b.WriteString("| flag | default | is |\n| --- | --- | --- |\n")
	limits := armexpr.DefaultLimits()
	for _, f := range limitFlags {
		standard, _ := f.of(&limits)
		fmt.Fprintf(&b, "| `--%s` | %d | %s |\n", f.name, standard, f.usage)
	}
	return b.String()
}

func functionTables() string {
	var b strings.Builder
	var group armexpr.Group
	for _, f := range armexpr.Functions() {
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(&b, "\n### %s\n\n| function | arguments | gives | needs | what it does |\n| --- | --- | --- | --- | --- |\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Name, argumentCount(f), resultName(f.Result), needs(f), f.Summary+only(f))
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}

func argumentCount(f armexpr.Function) string {
	switch {
	case f.Max < 0:
		return fmt.Sprintf("%d or more", f.Min)
	case f.Min == f.Max:
		return fmt.Sprint(f.Min)
	default:
		return fmt.Sprintf("%d-%d", f.Min, f.Max)
	}
}

func resultName(k armjson.Kind) string {
	if k == 0 {
		return "any"
	}
	return strings.TrimPrefix(strings.TrimPrefix(k.String(), "a "), "an ")
}

func needs(f armexpr.Function) string {
	switch {
	case f.Lazy:
		return "some"
	case f.Max == 0:
		return ""
	}
	return map[armexpr.Unknowns]string{armexpr.NeedsAll: "all", armexpr.NeedsShape: "shape", armexpr.NeedsNone: "some"}[f.Unknowns]
}

// only says where a function may stand, if not everywhere.
func only(f armexpr.Function) string {
	if f.In == nil {
		return ""
	}
	var where []string
	for _, p := range f.In {
		where = append(where, map[armexpr.Position]string{
			armexpr.InResource: "properties of resources", armexpr.InParameterDefault: "default values of parameters",
			armexpr.InVariable: "variables", armexpr.InOutput: "outputs", armexpr.InName: "names, types and conditions",
		}[p])
	}
	return " (in " + strings.Join(where, " and ") + " only)"
}
