package cli

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// Three customizers, of which the second one hangs when it runs for the first time.
const (
	first  = `{"type": "Shell", "name": "first", "inline": ["echo first >> /tmp/order"]}`
	hangs  = `{"type": "Shell", "name": "second", "inline": ["echo second >> /tmp/order", "if test -e /tmp/again; then exit 0; fi", "touch /tmp/again", "echo hanging", "sleep 600"]}`
	orders = `{"type": "Shell", "name": "third", "inline": ["echo order: $(cat /tmp/order)"]}`
)

// killAt runs ingot until it prints a line with some text, and kills it then.
func (w *azureWorld) killAt(text string, args ...string) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	cmd := w.ingot(ctx, args...)
	r, pipe := io.Pipe()
	cmd.Stdout, cmd.Stderr = pipe, pipe
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- cmd.Wait()
		_ = pipe.Close()
	}()
	var said []string
	seen := false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		said = append(said, lines.Text())
		if !seen && strings.Contains(lines.Text(), text) {
			seen = true
			_ = cmd.Process.Kill() // the plugin notices, and ends by itself
		}
	}
	if err := <-done; !seen {
		w.Fatalf("ingot %s ended with %v, and did not say %q:\n%s", strings.Join(args, " "), err, text, strings.Join(said, "\n"))
	}
}

// TestAzureResume kills a build during the second of three customizers. The run goes on in the same VM and comes to the same.
func TestAzureResume(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	template := w.template(jammy, first+","+hangs+","+orders, managedImage("web"), "")
	w.killAt("hanging", "build", "--on", "azure", template)
	if !slices.ContainsFunc(w.sim.Resources(), func(id string) bool { return strings.Contains(id, "/virtualMachines/") }) {
		t.Fatalf("the build VM is gone: %q", w.sim.Resources())
	}
	out, code := w.run("resume", "latest")
	if code != ExitDone {
		t.Fatalf("exit code %d\n%s\n%s", code, out, w.calls())
	}
	for _, want := range []string{
		"customize[1] second was under way when the run's process ended: it is run again, from its beginning",
		"order: first second second", "generalize: done", "shutdown: done", "web (ManagedImage)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "customize[0] first: running") {
		t.Errorf("the first step ran again:\n%s", out)
	}
	w.left("/images/web")
	if out, code := w.run("resume", "latest"); code != ExitHost || !strings.Contains(out, "it succeeded: nothing is left to do") {
		t.Errorf("once more: exit code %d\n%s", code, out)
	}
}
