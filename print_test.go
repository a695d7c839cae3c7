package ingot_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// talks are the ways of a Go program to reach the terminal without being handed a stream. Exiting is with them: it takes the
// say from whoever would print the error.
var talks = map[string]*regexp.Regexp{
	"fmt":  regexp.MustCompile(`^Print`),
	"os":   regexp.MustCompile(`^(Stdin|Stdout|Stderr|Exit)$`),
	"log":  regexp.MustCompile(`^(Print|Fatal|Panic|Default|Output)`),
	"slog": regexp.MustCompile(`^((Debug|Info|Warn|Error)(Context)?|Log(Attrs)?|Default)$`),
}

// mayTalk are the packages that may, or may do one thing of it, with the reason. The views get their streams handed in like
// everybody else.
var mayTalk = map[string]string{
	"engine/packercore log.Printf": "Packer's components write to the standard logger; it is theirs, and the CLI turns it off",

	"cmd/ingot":                      "main hands the process's streams to the CLI and ends with its exit code",
	"cmd/packer-plugin-ingot":        "main of a program that Packer starts",
	"cmd/internal/accept":            "a program of its own, for developers",
	"cmd/internal/bench/azure":       "a program of its own, for developers",
	"cmd/internal/bench/build":       "a program of its own, for developers",
	"cmd/internal/bench/customizers": "a program of its own, for developers",
	"cmd/internal/bench/packer":      "a program of its own, for developers",
	"cmd/internal/bench/fast":        "a program of its own, for developers",
	"cmd/internal/bench/rig":         "what programs for developers share, their head and their figures among it",
	"cmd/internal/bench/startup":     "a program of its own, for developers",
	"cmd/internal/bench/validate":    "a program of its own, for developers",
	"cmd/internal/bench/vhd":         "a program of its own, for developers",
	"cmd/internal/bench/workbench":   "a program of its own, for developers",
	"cmd/internal/proof/apart":       "starts the program itself again, and ends as that does",
	"cmd/internal/proof/faults":      "a program of its own, for developers",

	"plugins/nspawn/container": "a container's first process is this program again, which ends by itself, and what it says goes into a log",

	"internal/testtools/stock":          "main of a program that Packer starts, in tests",
	"internal/testtools/tinyguest/sudo": "main of a program of a guest, in tests",
	"internal/testtools/windowsupdate":  "main of a program that Packer starts, in tests",
}

// talksIn gives the places in a file that reach for the terminal, as "line: what".
func talksIn(fset *token.FileSet, file *ast.File) []string {
	packages := map[string]string{} // by the name used in this file
	for _, imp := range file.Imports {
		path := strings.Trim(imp.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		as := name
		if imp.Name != nil {
			as = imp.Name.Name
		}
		packages[as] = path
	}
	var found []string
	note := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%d: %s", fset.Position(n.Pos()).Line, what))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok || x.Obj != nil { // Obj: a local variable that has a package's name
				return true
			}
			path := packages[x.Name]
			if shape := talks[path[strings.LastIndex(path, "/")+1:]]; shape != nil && shape.MatchString(n.Sel.Name) {
				note(n, path+"."+n.Sel.Name)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Obj == nil && (f.Name == "print" || f.Name == "println") {
				note(n, f.Name)
			}
		}
		return true
	})
	return found
}

// TestOnlyViewsPrint keeps engine, translate and plugins off the terminal, and the CLI to the streams it is given.
func TestOnlyViewsPrint(t *testing.T) {
	files := 0
	for path, p := range list(t, "./...") {
		pkg, ours := strings.CutPrefix(path, module)
		if !ours || mayTalk[pkg] != "" {
			continue
		}
		for _, name := range p.GoFiles {
			files++
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, what := range talksIn(fset, file) {
				_, call, _ := strings.Cut(what, ": ")
				if mayTalk[pkg+" "+call] != "" {
					continue
				}
				t.Errorf("%s/%s:%s: only a view prints, to the streams that main hands out; send an event or return an error", pkg, name, what)
			}
		}
	}
	if files < 50 {
		t.Errorf("looked at %d files only", files)
	}
}

func TestPrintingIsSeen(t *testing.T) {
	const src = `package p
import ("fmt"; "os"; l "log"; "log/slog"; "io")
func f(w io.Writer) {
	fmt.Println(1)
	fmt.Fprintln(w, 1)
	w = os.Stderr
	l.Printf("x")
	l.SetOutput(w)
	slog.Info("x")
	println(1)
	os.Getenv("x")
	var fmt struct{ Print int }
	_ = fmt.Print
}`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := "4: fmt.Println, 6: os.Stderr, 7: log.Printf, 9: log/slog.Info, 10: println"
	if got := strings.Join(talksIn(fset, file), ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
