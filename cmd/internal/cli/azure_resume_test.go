package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// Three customizers, of which the second one hangs when it runs for the first time.
const (
	first = `{"type": "Shell", "name": "first", "inline": ["echo first >> /tmp/order"]}`
	hangs = `{"type": "Shell", "name": "second", "inline": ["echo second >> /tmp/order", "if test -e /tmp/again; then exit 0; fi",
      "touch /tmp/again", "echo hanging", "sleep 600"]}`
	orders = `{"type": "Shell", "name": "third", "inline": ["echo order: $(cat /tmp/order)"]}`
)

// killAt runs ingot until it prints a line with some text, and kills it then.
func (w *azureWorld) killAt(text string, args ...string) {
	w.Helper()
	w.killAfter(text, func() {}, args...)
}

// killAfter does something before the kill.
func (w *azureWorld) killAfter(text string, do func(), args ...string) {
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
			do()
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

// TestAzureResumeDistribution kills a build while it distributes. Nothing is built again.
func TestAzureResumeDistribution(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	template := w.template(jammy, first, managedImage("web"), "")
	w.killAt("distribute[0] ManagedImage web: running", "build", "--on", "azure", template)
	out, code := w.run("resume", "latest", "--output", "json")
	if code != ExitDone || strings.Contains(out, `"customize[0]"`) || strings.Contains(out, `"boot"`) {
		t.Fatalf("exit code %d\n%s\n%s", code, out, w.calls())
	}
	for _, want := range []string{`"runState":"Succeeded"`, "/images/web"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	w.left("/images/web")
}

// TestAzureResumeTwice has two processes take up the same run, and kills the first of them: a third one goes on.
func TestAzureResumeTwice(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	again := strings.Replace(hangs, `"touch /tmp/again"`, `"if test -e /tmp/once; then touch /tmp/again; fi", "touch /tmp/once"`, 1)
	template := w.template(jammy, first+","+again+","+orders, managedImage("web"), "")
	w.killAt("hanging", "build", "--on", "azure", template)
	refused := ""
	w.killAfter("hanging", func() {
		out, code := w.run("resume", "latest")
		if refused = out; code == ExitDone {
			t.Error("two resumed the same run")
		}
	}, "resume", "latest")
	if !strings.Contains(refused, "is still running in process") {
		t.Errorf("the second one says:\n%s", refused)
	}
	out, code := w.run("resume", "latest")
	if code != ExitDone || !strings.Contains(out, "order: first second second second") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	w.left("/images/web")
}

// TestAzureResumeClean removes what a killed run left, at once and for good.
func TestAzureResumeClean(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.killAt("hanging", "build", "--on", "azure", w.template(jammy, hangs, managedImage("web"), ""))
	if out, code := w.run("resume", "latest", "--clean"); code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	w.left()
	out, code := w.run("resume", "latest")
	if code != ExitHost || !strings.Contains(out, "cannot be resumed") || !strings.Contains(out, "Azure has no IT_") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	sealed, err := filepath.Glob(filepath.Join(w.home, ".local/state/ingot/runs/*/vm.sealed"))
	if err != nil || len(sealed) > 0 {
		t.Errorf("the way into the VM is kept: %v, %v", sealed, err)
	}
}

// TestAzureResumeAfterFailure has a customizer fail when the run goes on: all is removed, as at the end of any run.
func TestAzureResumeAfterFailure(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.killAt("hanging", "build", "--on", "azure", w.template(jammy, hangs+","+fails, managedImage("web"), ""))
	out, code := w.run("resume", "latest")
	if code != ExitFailed || !strings.Contains(out, `customizer "nginx" exited with 7`) {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	w.left()
}

// TestAzureResumeStopped has somebody turn the build VM off: it is refused, and nothing is removed before somebody says so.
func TestAzureResumeStopped(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.killAt("hanging", "build", "--on", "azure", w.template(jammy, hangs, managedImage("web"), ""))
	before := w.sim.Resources()
	i := slices.IndexFunc(before, func(id string) bool { return strings.Contains(id, "/virtualMachines/") })
	group, path, _ := strings.Cut(strings.TrimPrefix(before[i], azureGroups), "/")
	w.do(http.MethodPost, group, "/"+path+"/powerOff", "2024-03-01", "")
	var out string
	code := ExitDone
	for range 2 { // the second time, the first try has changed nothing
		out, code = w.run("resume", "latest")
		if code != ExitHost || !strings.Contains(out, "does not run any more") || !strings.Contains(out, "ingot clean --on azure") {
			t.Errorf("exit code %d\n%s", code, out)
		}
	}
	if after := w.sim.Resources(); !slices.Equal(before, after) {
		t.Errorf("there is %q, and was %q", after, before)
	}
	if out, code = w.run("resume", "latest", "--clean", "--output", "json"); code != ExitDone || !strings.Contains(out, `"runState": "Failed"`) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	w.left()
}
