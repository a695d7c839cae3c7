package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// TestMain lets the test binary be the program: a script that runs "ingot" runs this file's main. Builds keep no layers, unless a test is
// about them: nobody builds the same twice here.
func TestMain(m *testing.M) {
	container.RunIfSupervisor()
	if _, set := os.LookupEnv("INGOT_LAYERS"); !set {
		_ = os.Setenv("INGOT_LAYERS", "off") // it fails for no such name
	}
	testscript.Main(m, map[string]func(){"ingot": main})
}

// TestScripts runs the whole program by the scripts in testdata/script, each in an empty folder with empty stores of its own.
func TestScripts(t *testing.T) {
	image := os.Getenv(tinyguest.BaseImageVariable)
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("INGOT_UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"STATE", "DATA", "CACHE", "CONFIG"} {
				env.Setenv("XDG_"+name+"_HOME", filepath.Join(env.WorkDir, ".xdg", name))
			}
			env.Setenv(tinyguest.BaseImageVariable, image)
			env.Setenv("EXAMPLES", examples)
			env.Setenv("INGOT_LAYERS", "off")
			env.Setenv("NO_COLOR", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "only-ingot": onlyIngot, "same-as-run": sameAsRun,
		},
		// [qemu] is a machine that can boot VMs from a base image: make test sees to both.
		Condition: func(cond string) (bool, error) {
			if cond == "qemu" {
				return image != "", nil
			}
			return false, nil
		},
	})
}

// exits runs ingot and wants an exit code: exits CODE ARG...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec("ingot", args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("ingot %s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// onlyIngot makes a folder for PATH in which ingot is the only program: only-ingot FOLDER
func onlyIngot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: only-ingot FOLDER")
	}
	self, err := os.Executable()
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.Symlink(self, filepath.Join(dir, "ingot")))
}

// sameAsRun wants a folder to be equal to the Packer template that the only run so far was made with: same-as-run FOLDER
func sameAsRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: same-as-run FOLDER")
	}
	runs, err := filepath.Glob(filepath.Join(ts.Getenv("XDG_STATE_HOME"), "ingot", "runs", "*", "packer"))
	ts.Check(err)
	if len(runs) != 1 {
		ts.Fatalf("there are %d runs, want 1", len(runs))
	}
	ts.Check(ts.Exec("diff", "-r", runs[0], ts.MkAbs(args[0])))
}
