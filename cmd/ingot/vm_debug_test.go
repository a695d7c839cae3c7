package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edited changes a text in a file, as an editor does.
func edited(t *testing.T, file, old, by string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), old, by, 1)
	if text == string(data) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(file+"~", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+"~", file); err != nil {
		t.Fatal(err)
	}
}

// TestDebuggingSession works on examples/linux-web with a port that nobody asks for, as a person would. What is on the screen is in
// docs/debugging-session.txt.
func TestDebuggingSession(t *testing.T) {
	h := newHome(t).fast()
	folder := filepath.Join(t.TempDir(), "linux-web")
	if err := os.CopyFS(folder, os.DirFS("../../examples/linux-web")); err != nil {
		t.Fatal(err)
	}
	template := filepath.Join(folder, "template.json")
	edited(t, template, "http.server 80 ", "http.server 81 ")
	s := h.newScreen(folder, 100, 26)
	s.does("ingot debug template.json: the machine boots, and stands before the first customizer",
		`stands before customize\[0\]`, h.debug("template.json"), "Enter")
	s.does("r: run. The last customizer looks for the page on port 80, and finds none", `customize\[2\] exited with 1`, "r")
	s.does("!: a shell in the machine", `^packer@\S+ ?\$ ?$`, "!")
	s.does("what listens?", `:81$`, "ss -ltn | tail -n +2 | awk '{print $4 \" \"}'", "Enter")
	s.does("exit: back to the workbench", `changed by hand`, "exit", "Enter")
	s.until(`customize\[2\] exited with 1`)
	edited(t, template, "http.server 81 ", "http.server 80 ")
	s.does("the port is put right in the template, and saved: the workbench has seen it", `edited: r goes on from customize\[1\]`)
	s.does("r: the machine is one from before customize[1] again; that, and what follows, is run", `all customizers are done`, "r")
	s.keys("Up", "Up")
	s.does("d: what customize[1] changed", `what customize\[1\] serveAtBoot changed`, "d")
	s.does("w: rewind to before customize[1]", `stands before customize\[1\] \(as asked\)`, "w")
	s.does("s: one step", `stands before customize\[2\] \(one step was run\)`, "s")
	s.does("r: run", `all customizers are done`, "r")
	s.does("e: make the image", `the image is made: linux-web-version`, "e")
	s.keys("q")
	s.until(`^\$$`) // the prompt is back
	if h.on == "" {
		t.Log("not held against the recording, in which the machine is a container: systemctl says more in a VM")
		return
	}
	s.isRecorded("../../docs/debugging-session.txt", "A session of ingot debug --on fast on examples/linux-web, whose page was seeded to be on the "+
		"wrong port.\nRows without text are left out.")
}

// TestASeededBugIsMended is the session of docs/debugging.md: a misspelled folder in the second of five customizers shows itself in the
// fifth.
func TestASeededBugIsMended(t *testing.T) {
	h := newTinyHome(t).fast()
	folder := filepath.Join(t.TempDir(), "shop")
	if err := os.CopyFS(folder, os.DirFS("testdata/shop")); err != nil {
		t.Fatal(err)
	}
	s := h.newScreen(folder, 84, 22)
	s.does("ingot debug shop.json", `stands before customize\[0\]`, h.debug("shop.json"), "Enter")
	s.does("r", `customize\[4\] exited with 2`, "r")
	s.does("!", `^~ \$ ?$`, "!")
	s.does("find /srv/shop | sort; cat /etc/shop/shop.conf", `ROOT=`, "find /srv/shop | sort; cat /etc/shop/shop.conf", "Enter")
	s.does("exit", `customize\[4\] exited with 2`, "exit", "Enter")
	s.keys("k", "k", "k")
	s.does("d, with the cursor on customize[1]", `what customize\[1\] settings changed`, "d")
	edited(t, filepath.Join(folder, "scripts", "settings.sh"), "pagess", "pages")
	s.does("scripts/settings.sh is put right, and saved", `edited: r goes on from customize\[1\]`)
	s.does("r", `all customizers are done`, "r")
	s.keys("g")
	s.until(`get from the machine:`)
	s.keys("/srv/shop/pages/index.html", "Enter")
	s.until(`to, here:`)
	s.does("g: a file is fetched", `is here: \./index\.html`, "Enter")
	if page, err := os.ReadFile(filepath.Join(folder, "index.html")); string(page) != "<h1>The shop</h1>\n" {
		t.Errorf("fetched %q, %v", page, err)
	}
	s.keys("q")
	s.does("q", `\[r\]emove the machine`)
	s.keys("r")
	s.until(`no image was made`)
	s.wasWritten("../../docs/debugging.md")
}

// TestCtrlCLeavesNothing stops a session while a step runs.
func TestCtrlCLeavesNothing(t *testing.T) {
	h := newTinyHome(t).fast()
	template := h.template("slow.json", "echo begun", "sleep 600")
	s := h.newScreen(filepath.Dir(template), 80, 24)
	s.keys(h.debug(filepath.Base(template))+"; echo \"exit code $?\"", "Enter")
	s.until(`stands before customize\[0\]`)
	s.keys("r")
	s.until(`customize\[1\] runs`)
	s.keys("C-c")
	s.until(`press Ctrl-C again`)
	s.keys("C-c")
	s.until(`^exit code 130`)
	h.nothingLeft()
	// The terminal is as it was: what is typed is shown, and done.
	s.keys("echo still $((40+2))", "Enter")
	s.until(`^still 42`)
}

// TestAClosedWindowLeavesNothing closes the terminal of a session whose machine stands: the signal for that comes more than once.
func TestAClosedWindowLeavesNothing(t *testing.T) {
	h := newTinyHome(t).fast()
	template := h.template("closed.json", "echo begun")
	s := h.newScreen(filepath.Dir(template), 80, 24)
	s.keys(h.debug(filepath.Base(template)), "Enter")
	s.until(`stands before customize\[0\]`)
	if len(h.machines()) == 0 {
		t.Fatal("no machine stands")
	}
	s.close()
	if run := h.shown("latest"); run.State != "Canceled" {
		t.Errorf("the run is %s", run.State)
	}
}
