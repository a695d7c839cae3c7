package main_test

import (
	"strings"
	"testing"
)

// TestMovedBuild builds with --on auto an image template of which a step needs a kernel of its own: what was built in a container goes on in a
// VM, where the next step finds what an earlier one left in /tmp.
func TestMovedBuild(t *testing.T) {
	if why := lacking(); why != "" {
		t.Skip("there is no container to move from: " + why)
	}
	w := newWorld(newTinyHome(t).fast())
	in := w.first.set("place", "sudo modprobe no-such-module 2>/dev/null || true\n"+w.first.body["place"])
	b := w.build(in, append([]string{"--on", "auto"}, small...)...)
	if b.code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", b.code, lastLines(b.stdout, 20), b.stderr)
	}
	if b.ran != "update install page place last" {
		t.Errorf("ran %q: each step once", b.ran)
	}
	if want := "customize[3] place needs a kernel of its own (sudo modprobe no-such-module"; !strings.Contains(b.says, want) {
		t.Errorf("%q is not said in:\n%s", want, grep(b.says, "auto:"))
	}
	for _, want := range []string{
		`{"target":"nspawn","steps":["customize[0]","customize[1]","customize[2]"]}`,
		`{"target":"qemu","steps":["customize[3]","customize[4]"]`,
	} {
		if !strings.Contains(strings.Join(strings.Fields(b.stdout), ""), want) {
			t.Errorf("the result has no %s:\n%s", want, lastLines(b.stdout, 1))
		}
	}
	if b.vhd == "" {
		t.Error("the build has no output")
	}
	w.nothingHangs(t)
}
