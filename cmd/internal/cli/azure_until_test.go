package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestAzureUntil stops before a step. The VM goes, or stays for a look inside; then the run goes on in it.
func TestAzureUntil(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	file := w.template(jammy, hello+","+installs+","+mended, managedImage("web"), "")
	out := w.build(ExitDone, file, "--until", "config")
	if strings.Contains(out, "config: running") || !strings.Contains(out, "stopped before customize[2] config") {
		t.Errorf("it says:\n%s", out)
	}
	w.left()

	out = w.build(ExitDone, file, "--until", "config", "--on-error", "keep")
	if !strings.Contains(out, "stands: ssh -i ") || !strings.Contains(out, "go on in it with: ingot resume ") {
		t.Errorf("nothing says how to get in and how to go on:\n%s", out)
	}
	if !slices.Contains(w.kinds(), "virtualMachines") {
		t.Errorf("the VM is gone: %q", w.sim.Resources())
	}
	if ways, err := filepath.Glob(filepath.Join(w.home, ".local/state/ingot/runs/*/vm.sealed")); err != nil || len(ways) != 1 {
		t.Errorf("the way into the VM is in %q, %v", ways, err)
	}
	out, code := w.run("resume", "latest")
	if code != ExitDone || !strings.Contains(out, "steps: installed configured") || strings.Contains(out, "install: running") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	w.left("/images/web")
	if out, code := w.run("resume", "latest"); code != ExitHost || !strings.Contains(out, "nothing is left to do") {
		t.Errorf("once more: exit code %d\n%s", code, out)
	}

	// With a checkpoint where it stops, no VM has to stand.
	out = w.build(ExitDone, file, "--until", "config", "--checkpoint", "config")
	if !strings.Contains(out, "1 checkpoint(s) are kept") || slices.Contains(w.kinds(), "virtualMachines") {
		t.Errorf("there is %q:\n%s", w.kinds(), out)
	}
	w.build(ExitDone, file, "--from-checkpoint", "latest")
	w.wipe("/images/web")
}
