package packercore_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/plugins/all"
)

var update = flag.Bool("update", false, "write what stock Packer does into testdata/stock")

// stockCase is an archive of testdata/stock: a template, how it is run, and what stock Packer then does. The comment holds the
// arguments, a line each, and "env NAME=value" lines. Files under want/ are what the run leaves behind; want/exit is its exit code.
//
// A template without a build block gets one that writes local.out to the file out.
type stockCase struct {
	path    string
	archive *txtar.Archive
	args    []string
	env     []string
}

const plainBuild = `
source "null" "x" { communicator = "none" }
build {
  sources = ["source.null.x"]
  provisioner "shell-local" {
    inline = ["cat > out <<'END_OF_OUT'\n${local.out}\nEND_OF_OUT"]
  }
}
`

func stockCases(t *testing.T) []*stockCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/stock/*.txtar")
	if err != nil || len(paths) < 180 {
		t.Fatalf("%d cases, and want at least 180: %v", len(paths), err)
	}
	var cases []*stockCase
	for _, path := range paths {
		c := &stockCase{path: path}
		if c.archive, err = txtar.ParseFile(path); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(c.archive.Comment)) {
			switch line = strings.TrimSpace(line); {
			case line == "" || strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "env "):
				c.env = append(c.env, strings.TrimPrefix(line, "env "))
			default:
				c.args = append(c.args, line)
			}
		}
		cases = append(cases, c)
	}
	return cases
}

func (c *stockCase) name() string { return strings.TrimSuffix(filepath.Base(c.path), ".txtar") }

// write puts the template into a folder.
func (c *stockCase) write(t *testing.T, dir string) {
	t.Helper()
	files, built := map[string]string{}, false
	for _, f := range c.archive.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			files[f.Name] = string(f.Data)
			built = built || strings.Contains(string(f.Data), "build {") || strings.Contains(string(f.Data), `"build"`)
		}
	}
	if !built {
		files["zz_build.pkr.hcl"] = plainBuild
	}
	writeFolder(t, dir, files)
}

// left gives what a run left in a folder, beside the template, and its exit code.
func (c *stockCase) left(t *testing.T, dir string, exit int) map[string]string {
	t.Helper()
	inputs := map[string]bool{"zz_build.pkr.hcl": true}
	for _, f := range c.archive.Files {
		inputs[f.Name] = true
	}
	left := map[string]string{"exit": fmt.Sprintln(exit)}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err != nil || d.IsDir() || inputs[rel] {
			return err
		}
		text, err := os.ReadFile(path)
		left[rel] = changing.ReplaceAllString(strings.TrimSuffix(string(text), "\n")+"\n", `$1: "…"`) // archives have whole lines
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// changing matches what differs from run to run in a manifest.
var changing = regexp.MustCompile(`("build_time"|"packer_run_uuid"|"last_run_uuid"): ("[^"]*"|\d+)`)

// want gives what stock Packer left.
func (c *stockCase) want() map[string]string {
	want := map[string]string{}
	for _, f := range c.archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "want/"); ok {
			want[name] = string(f.Data)
		}
	}
	return want
}

// TestStockCases runs every template with this core and compares what is left with what stock Packer left. TestStockPacker holds
// that against Packer itself.
func TestStockCases(t *testing.T) {
	for _, c := range stockCases(t) {
		t.Run(c.name(), func(t *testing.T) {
			dir := t.TempDir()
			c.write(t, dir)
			t.Chdir(dir)
			exit, said := c.run(t)
			if diff := cmp.Diff(c.want(), c.left(t, dir, exit)); diff != "" {
				t.Errorf("left behind (-Packer +Ingot):\n%s%s", diff, strings.Join(said, "\n"))
			}
		})
	}
}

// stockRegistry has all that is linked into Ingot, and with it what Packer has built in.
func stockRegistry() packercore.Registry {
	return packercore.Registry{Builders: all.Builders(), Provisioners: all.Provisioners(), PostProcessors: all.PostProcessors()}
}

// run runs the template in the working directory, with the options that Packer's arguments mean.
func (c *stockCase) run(t *testing.T) (exit int, said []string) {
	t.Helper()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	vars := flags.StringArray("var", nil, "")
	files := flags.StringArray("var-file", nil, "")
	only := flags.StringSlice("only", nil, "")
	except := flags.StringSlice("except", nil, "")
	onError := flags.String("on-error", "", "")
	force := flags.Bool("force", false, "")
	if err := flags.Parse(c.args); err != nil {
		t.Fatal(err)
	}
	o := packercore.Options{
		Dir: ".", VarFiles: *files, Only: *only, Except: *except, OnError: *onError, Force: *force, Vars: map[string]string{},
		Env: append(os.Environ(), c.env...), Parallel: 1,
	}
	if flags.NArg() > 0 {
		o.Dir, o.File = filepath.Split(flags.Arg(0))
		if info, err := os.Stat(flags.Arg(0)); err == nil && info.IsDir() {
			o.Dir, o.File = flags.Arg(0), ""
		}
		o.Dir = filepath.Clean(o.Dir)
	}
	for _, v := range *vars {
		name, value, _ := strings.Cut(v, "=")
		o.Vars[name] = value
	}
	p, err := packercore.Prepare(t.Context(), stockRegistry(), o)
	if err != nil {
		return 1, []string{err.Error()}
	}
	defer p.Close()
	if _, err := p.Run(t.Context(), func(e events.Event) {
		if e.Output != nil {
			said = append(said, e.Output.Text)
		}
	}); err != nil {
		return 1, append(said, err.Error())
	}
	return 0, said
}

// TestStockPacker runs every template with stock Packer.
func TestStockPacker(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs Packer nearly two hundred times, for a minute")
	}
	packer := testtools.Packer(t)
	env := testtools.PackerEnv(t, t.TempDir())
	for _, c := range stockCases(t) {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c.write(t, dir)
			target := "."
			args := slices.Clone(c.args)
			if len(args) > 0 && !strings.HasPrefix(args[len(args)-1], "-") {
				target, args = args[len(args)-1], args[:len(args)-1]
			}
			for i, arg := range args {
				args[i] = strings.Replace(arg, "--", "-", 1) // Go's way with flags, and ours
			}
			cmd := exec.CommandContext(context.WithoutCancel(t.Context()), packer,
				append(append([]string{"build", "-parallel-builds=1"}, args...), target)...)
			cmd.Dir = dir
			cmd.Env = append(slices.Clone(env), c.env...)
			out, err := cmd.CombinedOutput()
			if _, ok := err.(*exec.ExitError); err != nil && !ok {
				t.Fatal(err)
			}
			got := c.left(t, dir, cmd.ProcessState.ExitCode())
			if *update {
				c.update(t, got)
			} else if diff := cmp.Diff(c.want(), got); diff != "" {
				t.Errorf("left behind (-archive +Packer):\n%s%s", diff, out)
			}
		})
	}
}

// update writes what Packer left into the archive.
func (c *stockCase) update(t *testing.T, left map[string]string) {
	t.Helper()
	a := &txtar.Archive{Comment: c.archive.Comment}
	for _, f := range c.archive.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			a.Files = append(a.Files, f)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		a.Files = append(a.Files, txtar.File{Name: "want/" + name, Data: []byte(left[name])})
	}
	if err := os.WriteFile(c.path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
