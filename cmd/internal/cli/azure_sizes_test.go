package cli

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestAzureFallbackSizes has a region without room for the size of the template: the next one is taken, and nothing of the first is left.
func TestAzureFallbackSizes(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{NoCapacity: []string{"Standard_D2s_v5", "Standard_D2s_v4"}})
	template := w.template(jammy, hello, managedImage("web"), `, "vmProfile": {"vmSize": "Standard_D2s_v5"}`)
	out := w.build(ExitFailed, template)
	for _, want := range []string{"error: the region has no room for a VM of this size now", "Azure says: AllocationFailed: ", "--fallback-sizes "} {
		if !strings.Contains(out, want) {
			t.Errorf("without other sizes, %q is not in:\n%s", want, out)
		}
	}
	w.left()
	out = w.build(ExitDone, template, "--fallback-sizes", "Standard_D2s_v4,Standard_D4s_v5", "--arm-rate", "6000")
	for _, want := range []string{"no room for a VM of this size now; trying Standard_D2s_v4", "; trying Standard_D4s_v5", "hello from packer"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	w.left("/images/web")
}

func TestAzureFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--fallback-sizes Standard_D4s_v5", "--fallback-sizes says nothing to a build with --on local"},
		{"--arm-rate 60", "--arm-rate says nothing to a build with --on local"},
		{"--on azure --fallback-sizes big", `--fallback-sizes has "big", which is no size of a VM`},
		{"--on azure --arm-rate -1", "--arm-rate -1 is negative"},
	} {
		code, _, errText := ingot(t, append([]string{"build", "web.json"}, strings.Fields(tt.args)...)...)
		if code != ExitUsage || !strings.Contains(errText, tt.want) {
			t.Errorf("%s: exit code %d:\n%s", tt.args, code, errText)
		}
	}
}
