package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestAzureAsksFirst has builds that lack a permission: they are refused before anything is made, with what preflight says of it.
func TestAzureAsksFirst(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.env = append(w.env, preflightEnv+"=on")
	file := w.template(jammy, hello, managedImage("web"), "")
	w.build(ExitDone, file) // all is there: nothing is said
	w.left("/images/web")

	role := []azuresim.Grant{}
	for _, p := range needsOf(t, file).Permissions {
		if p.Holder == preflight.Builder && !p.Data && p.Action != "Microsoft.Compute/snapshots/write" {
			role = append(role, azuresim.Grant{Action: p.Action, Scope: p.Scope})
		}
	}
	w.sim.Grant(role)
	before := len(w.sim.Calls())
	out := w.build(ExitHost, file)
	t.Logf("asking took %d calls", len(w.sim.Calls())-before)
	for _, want := range []string{"Microsoft.Compute/snapshots/write", "[ING4516]", "web.json:", "ingot preflight --write-role makes one"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "running") {
		t.Errorf("a run began:\n%s", out)
	}
	if i := slices.IndexFunc(w.sim.Calls()[before:], func(c azuresim.Call) bool { return c.Method == "PUT" || c.Method == "DELETE" }); i >= 0 {
		t.Errorf("it changed something: %+v", w.sim.Calls()[before+i])
	}
	if out := w.build(ExitHost, file, "--output", "json"); !strings.Contains(out, `"ING4516"`) || !strings.Contains(out, `"exitCode":4`) {
		t.Errorf("as JSON:\n%s", out)
	}
	if out, code := w.run("build", "--on", "azure", file, file); code != ExitHost || strings.Count(out, "[ING4516]") != 2 {
		t.Errorf("of two: exit code %d\n%s", code, out)
	}
	// Who is sure of it goes on, and sees what comes.
	if out := w.build(ExitFailed, file, "--skip-preflight"); !strings.Contains(out, "Microsoft.Compute/snapshots/write") {
		t.Errorf("without being asked first:\n%s", out)
	}
	w.sim.Grant(nil)
	w.left("/images/web")
}
