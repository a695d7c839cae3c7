package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
)

// TestWatchShellCopy works on a customizer as a person does: it saves, looks into the machine while a step hangs, saves again, and looks
// at what a step that failed began with. One machine boots; all others are brought back.
func TestWatchShellCopy(t *testing.T) {
	h := newTinyHome(t).fast()
	h.env = append(h.env, "INGOT_LAYERS=on")
	save := func(second string) string {
		return h.template("web", "echo one > /tmp/one", second)
	}
	file := save("echo second two")
	w := h.start("build", file, "--watch", "--memory", "256", "--output", "json")
	said := func(text string) func(events.Event) bool {
		return func(e events.Event) bool { return e.Output != nil && e.Output.Text == text }
	}
	over := func(phase events.Phase) func(events.Event) bool {
		return func(e events.Event) bool { return e.Step == "" && e.State != nil && e.State.Phase == phase }
	}
	w.until("the second step", said("second two"))
	w.until("the end", over(events.Done))

	save("echo second three; sleep 1000")
	w.until("the first step is reused", func(e events.Event) bool { return e.Step == "customize[0]" && e.State != nil && e.State.Reused })
	w.until("the second step, as it is now", said("second three"))

	// The step hangs: what does the machine look like?
	want := func(res result, code int, stdout, stderr string) {
		t.Helper()
		if res.code != code || res.stdout != stdout || !strings.Contains(res.stderr, stderr) {
			t.Errorf("exit code %d, want %d; %q, want %q; and %q in\n%s", res.code, code, res.stdout, stdout, stderr, res.stderr)
		}
	}
	want(h.ingot("shell", "latest", "--", "cat", "/tmp/one"), 0, "one\n", "")
	want(h.ingot("shell", "latest", "--", "sh", "-c", "echo $0; exit 7", "a 'word' of two"), 7, "a 'word' of two\n", "")
	want(h.ingot("shell", "latest", "--root", "--", "id", "-un"), 0, "root\n", "")
	up, back := filepath.Join(h.root, "up"), filepath.Join(h.root, "back")
	if err := os.WriteFile(up, []byte("up and back\n"), 0o750); err != nil {
		t.Fatal(err)
	}
	want(h.ingot("cp", up, "latest:/tmp/"), 0, "", "1 file, 12 B")
	want(h.ingot("cp", "latest:/tmp/up", back), 0, "", "1 file, 12 B")
	if info, err := os.Stat(back); err != nil || info.Mode() != 0o750 || info.Size() != 12 {
		t.Errorf("what came back is %v, %v", info, err)
	}
	want(h.ingot("cp", "latest:/tmp/up", "-"), 0, "up and back\n", "")

	// A save in the middle of a run.
	save("echo second four; exit 9")
	w.until("the second step, as it is now", said("second four"))
	w.until("the end", over(events.Failed))
	w.signal(syscall.SIGINT)
	if res := w.wait(); res.code != 0 {
		t.Errorf("the watch ended with %d\n%s", res.code, res.stderr)
	}

	// What did the step begin with? A machine is brought back, and only that of the failed run is the latest.
	const about = "failed at customize[1] step1: this is its machine as it stood before that step"
	want(h.ingot("shell", "latest", "--", "cat", "/tmp/one"), 0, "one\n", about)
	want(h.ingot("shell", "latest@step0", "--", "test", "-e", "/tmp/one"), 1, "", "")
	want(h.ingot("cp", "latest@step1:/tmp/one", "-"), 0, "one\n", "1 file, 4 B")
	want(h.ingot("diff", "--by-step", "latest", "--path", "/tmp/one"), 0, "customize[0] step0\n  + /tmp/one  4 B\n"+
		"customize[1] step1  not known: the run kept the machine before customize[0], customize[1]\n", "")
}
