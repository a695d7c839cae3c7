package cli

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/emit"
)

// TestAzureNeedsWhatPreflightSays builds on Azure, validates and distributes with the permissions that preflight lists, and
// no others: a role that is written from them is enough for the plugin and for Ingot.
func TestAzureNeedsWhatPreflightSays(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.gallery()
	file := w.template(jammy, hello, managedImage("web")+`, {"type": "SharedImage", "runOutputName": "gallery", "galleryImageId": "`+galleryID+`",
		"targetRegions": [{"name": "westeurope"}, {"name": "eastus"}]}`,
		`, "validate": {"inVMValidations": [{"type": "Shell", "inline": ["test \"$(cat /etc/built)\" = done"]}]}`)
	role := []azuresim.Grant{}
	for _, p := range needsOf(t, file).Permissions {
		if p.Holder == preflight.Builder && !p.Data {
			role = append(role, azuresim.Grant{Action: p.Action, Scope: p.Scope})
		}
	}
	w.sim.Grant(role)
	w.build(ExitDone, file)
	refused := slices.DeleteFunc(w.sim.Calls(), func(c azuresim.Call) bool { return c.Status != http.StatusForbidden })
	for _, c := range refused {
		t.Errorf("the role that preflight writes has no permission for %s %s", c.Method, c.Path)
	}

	// What the role lacks is missed: it is asked for.
	w.sim.Grant(slices.DeleteFunc(role, func(g azuresim.Grant) bool { return g.Action == "Microsoft.Compute/virtualMachines/write" }))
	if out := w.build(ExitFailed, file); !strings.Contains(out, "Microsoft.Compute/virtualMachines/write") {
		t.Errorf("without the permission to make a machine:\n%s", out)
	}
}

func needsOf(t *testing.T, file string) *preflight.Needs {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := translate.Options{Target: emit.Azure}
	o.Check.Translate = true
	p, found := translate.Translate(translate.Source{File: file, Data: data}, o)
	if p == nil {
		t.Fatalf("the template has errors: %v", found)
	}
	n, err := preflight.Derive([]preflight.Input{{File: file, Plan: p}}, preflight.Options{Subscription: azuresim.DefaultSubscription})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
