package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// processes are the arguments of the processes that run in folders of this user's, such as those of VMs.
func (w *windowsWorld) processes() (all []string) {
	w.t.Helper()
	list, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, dir := range list {
		if cwd, err := os.Readlink(filepath.Join(dir, "cwd")); err != nil || !strings.HasPrefix(cwd, w.home+"/") {
			continue // gone by now, or somebody else's
		}
		if line, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && len(line) > 0 { // a zombie has none
			all = append(all, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return all
}

// Ingot is killed in the middle of a customizer, with a VM and a TPM beside it. They die with it; or, where a failure was to leave them
// standing, "ingot clean" finds both.
func TestWindowsBuildKilled(t *testing.T) {
	if _, err := exec.LookPath("swtpm"); err != nil {
		t.Skip("swtpm is not on PATH: apt-get install swtpm")
	}
	for _, tc := range []struct {
		name, errorHandling string
		stays               bool
	}{
		{"cleanup", "", false},
		{"abort", `"errorHandling": {"onCustomizerError": "abort"},`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWindowsWorld(t)
			if out, code := w.run(t.Context(), "image", "add", "win", w.disk(), "--os", "windows", "--urn", windowsURN, "--tpm"); code != ExitDone {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			template := w.template("1.0.0", platformImage, `{"type": "PowerShell", "inline": ["`+sleeps+`"]}`, tc.errorHandling)
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			ingot := exec.CommandContext(t.Context(), self, "build", template, "--accel", "tcg")
			ingot.Env = append(os.Environ(), actAsIngot+"=1", "HOME="+w.home, "XDG_STATE_HOME=", "XDG_DATA_HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=")
			reader, writer := io.Pipe()
			ingot.Stdout, ingot.Stderr = writer, writer
			if err := ingot.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				ended <- ingot.Wait()
				writer.Close()
			}()
			var said strings.Builder
			lines := bufio.NewScanner(reader)
			for lines.Scan() && !strings.Contains(lines.Text(), "customize[0]: running") {
				said.WriteString(lines.Text() + "\n")
			}
			go func() { _, _ = io.Copy(io.Discard, reader) }()
			before := w.processes()
			for _, name := range []string{"qemu-system-x86_64", "swtpm socket --tpm2"} {
				if !slices.ContainsFunc(before, func(line string) bool { return strings.Contains(line, name) }) {
					t.Fatalf("%s does not run, but %q; ingot said:\n%s", name, before, said.String())
				}
			}
			if err := ingot.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-ended

			if tc.stays {
				if left := w.processes(); len(left) != 2 {
					t.Errorf("a VM that a failure was to leave standing came to %q", left)
				}
			} else {
				w.waitForNone()
			}
			if out, code := w.run(t.Context(), "clean", "--yes"); code != ExitDone {
				t.Errorf("exit code %d\n%s", code, out)
			}
			w.waitForNone()
			if left, _ := filepath.Glob(filepath.Join(w.home, ".local/state/ingot/staging/*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if found := w.grep("<PlainText>"); len(found) > 0 {
				t.Errorf("there is an answer file in %q", found)
			}
		})
	}
}

// waitForNone waits until no VM and no TPM runs.
func (w *windowsWorld) waitForNone() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); len(w.processes()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("still there: %q", w.processes())
		}
	}
}
