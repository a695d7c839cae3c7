package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/emit"
)

// TestAzureNeedsWhatPreflightSays builds on Azure, validates and distributes, and holds every request that came to Resource
// Manager, of the plugin and of Ingot, against the permissions that preflight lists: a role that is written from them is
// enough.
func TestAzureNeedsWhatPreflightSays(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.gallery()
	file := w.template(jammy, hello, managedImage("web")+`, {"type": "SharedImage", "runOutputName": "gallery", "galleryImageId": "`+galleryID+`",
		"targetRegions": [{"name": "westeurope"}, {"name": "eastus"}]}`,
		`, "validate": {"inVMValidations": [{"type": "Shell", "inline": ["test \"$(cat /etc/built)\" = done"]}]}`)
	needs := needsOf(t, file)
	before := len(w.sim.Calls())
	w.build(ExitDone, file)

	var missing []string
	for _, c := range w.sim.Calls()[before:] {
		action, scope, ok := preflight.Action(c.Method, c.Path)
		if !ok || pollOfAzure.MatchString(c.Path) || granted(needs, action, scope) {
			continue
		}
		missing = append(missing, action+" at "+scope)
	}
	slices.Sort(missing)
	for _, m := range slices.Compact(missing) {
		t.Errorf("preflight lists no %s", m)
	}
}

// pollOfAzure is what an operation below a location is asked by: whoever began it may.
var pollOfAzure = regexp.MustCompile(`(?i)/locations/[^/]+/operation(s|Results)/`)

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

// granted reports whether the builder has an action at the scope or around it. Resource groups that are made for a run
// have names that nobody knows before: what is needed in them is needed in the subscription.
func granted(n *preflight.Needs, action, scope string) bool {
	for _, p := range n.Permissions {
		if p.Holder == preflight.Builder && strings.EqualFold(p.Action, action) &&
			strings.HasPrefix(strings.ToLower(scope)+"/", strings.ToLower(p.Scope)+"/") {
			return true
		}
	}
	return false
}
