package build_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// refusing is a target whose place has refused something.
type refusing struct {
	*targettest.Fake
	last *error
}

func (r refusing) Failure() error { return *r.last }

// noRoom is Azure's answer to a VM of a size that the region has no room for.
const noRoom = `{"error":{"code":"SkuNotAvailable","message":"The requested VM size for resource 'Following SKUs have failed for Capacity ` +
	`Restrictions: Standard_D2s_v5' is currently not available in location 'westeurope'."}}`

const denied = `{"error":{"code":"AuthorizationFailed","message":"The client 'c' with object id 'o' does not have authorization to perform action ` +
	`'Microsoft.Compute/virtualMachines/write' over scope '/subscriptions/s' or the scope is invalid."}}`

func TestFallbackSizes(t *testing.T) {
	const first, second, third = "Standard_D2s_v5", "Standard_D4s_v5", "Standard_D2as_v5"
	for name, tt := range map[string]struct {
		fallback []string
		fails    map[string]string // size: Azure's answer
		tried    []string
		built    string // that was fallen back to
		problem  string
	}{
		"it is made at once":           {fallback: []string{second}, tried: []string{first}},
		"the first has no room":        {fallback: []string{second, third}, fails: map[string]string{first: noRoom}, tried: []string{first, second}, built: second},
		"two have no room":             {fallback: []string{second, third}, fails: map[string]string{first: noRoom, second: noRoom}, tried: []string{first, second, third}, built: third},
		"none has room":                {fallback: []string{second}, fails: map[string]string{first: noRoom, second: noRoom}, tried: []string{first, second}, built: second, problem: "is not to be had in westeurope"},
		"no others are named":          {fails: map[string]string{first: noRoom}, tried: []string{first}, problem: "is not to be had in westeurope"},
		"a refusal that no size helps": {fallback: []string{second}, fails: map[string]string{first: denied}, tried: []string{first}, problem: "lacks the permission Microsoft.Compute/virtualMachines/write"},
		"the same size twice":          {fallback: []string{first, second}, fails: map[string]string{first: noRoom}, tried: []string{first, second}, built: second},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.plan.Azure.VMSize = first
			b.fallbackSizes = tt.fallback
			var last error
			b.on = refusing{b.target, &last}
			var tried []string
			b.at = func(where string) error {
				if where != "boot" {
					return nil
				}
				size := b.plan.Azure.VMSize
				tried = append(tried, size)
				last = nil
				if body, ok := tt.fails[size]; ok {
					last = azurearm.ExplainBody(409, []byte(body))
					return errors.New("the plugin makes a text of it")
				}
				return nil
			}
			_, err := b.run(t.Context())
			if diff := cmp.Diff(tt.tried, tried); diff != "" {
				t.Errorf("sizes that were tried (-want +got):\n%s", diff)
			}
			if b.result.VMSize != tt.built {
				t.Errorf("the result tells of size %q", b.result.VMSize)
			}
			if said := slices.ContainsFunc(b.events, func(e events.Event) bool {
				return e.Output != nil && strings.Contains(e.Output.Text, "trying "+tt.built)
			}); said != (tt.built != "") {
				t.Errorf("said that another size is tried: %t", said)
			}
			var failed *build.RunError
			switch {
			case tt.problem == "" && err != nil:
				t.Error(err)
			case tt.problem != "" && (!errors.As(err, &failed) || !strings.Contains(failed.Problem.What, tt.problem)):
				t.Errorf("ended with %v", err)
			}
			if tt.problem != "" && !strings.Contains(failed.Problem.Why, "Azure says: ") {
				t.Errorf("Azure's words are not told: %+v", failed.Problem)
			}
		})
	}
}

// TestFallbackSizesAfterProvisioning: what failed in a VM is not tried again in another.
func TestFallbackSizesAfterProvisioning(t *testing.T) {
	b := newBench(t)
	b.plan.Azure.VMSize, b.fallbackSizes = "Standard_D2s_v5", []string{"Standard_D4s_v5"}
	b.plan.Steps[0].Shell.Script.Text = "#!/bin/sh\nexit 3\n"
	last := error(azurearm.ExplainBody(409, []byte(noRoom))) // of something else, before
	b.on = refusing{b.target, &last}
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Exit: 3}}
	_, err := b.run(t.Context())
	var failed *build.RunError
	if !errors.As(err, &failed) || !strings.Contains(failed.Problem.What, "exited with 3") || b.result.VMSize != "" {
		t.Errorf("got %v, size %q", err, b.result.VMSize)
	}
}

func TestFallbackSizesHere(t *testing.T) {
	b := newBench(t)
	b.fallbackSizes = []string{"Standard_D4s_v5"}
	_, err := b.run(t.Context())
	var host *build.HostError
	if !errors.As(err, &host) || !strings.Contains(host.Fix, "--on azure") {
		t.Errorf("got %v", err)
	}
}
