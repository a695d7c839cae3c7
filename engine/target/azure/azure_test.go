package azure

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// The newest plugin is taken; an old one with a warning; and of none, what to type is said once.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name, installed string
		constraint      string // that is taken; "" is none
		warns           bool
	}{
		{"new", "~> 2.5", "~> 2.5", false},
		{"old", "1.4.5", "1.4.5", true},
		{"none", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var said []string
			target := New(Options{
				Say: func(line string) { said = append(said, line) },
				Plugin: func(_ context.Context, constraint string) (*target.Problem, error) {
					if constraint == tt.installed {
						return nil, nil
					}
					return &target.Problem{What: constraint + " is not installed", Fix: "get it"}, nil
				},
			})
			problems := target.Check(t.Context(), &plan.Plan{})
			switch {
			case tt.constraint == "" && (len(problems) != 1 || problems[0].What != "~> 2.5 is not installed" || problems[0].Fix != "get it"):
				t.Errorf("got %v", problems)
			case tt.constraint != "" && (len(problems) != 0 || target.plugin.constraint != tt.constraint):
				t.Errorf("got %v and %q", problems, target.plugin.constraint)
			}
			if tt.warns != (len(said) == 1 && strings.Contains(said[0], "no way to the true Azure")) {
				t.Errorf("it says %q", said)
			}
		})
	}
	broken := New(Options{Plugin: func(context.Context, string) (*target.Problem, error) { return nil, errors.New("it is a folder") }})
	if problems := broken.Check(t.Context(), &plan.Plan{}); len(problems) != 1 || problems[0].Why != "it is a folder" {
		t.Errorf("got %v", problems)
	}
}

// What cannot be built is said before anybody is asked.
func TestCheckPlan(t *testing.T) {
	target := New(Options{Account: &azurearm.Account{Subscription: "s1"}})
	for _, tt := range []struct {
		name string
		plan plan.Azure
		want string // "" is nothing
	}{
		{"fine", plan.Azure{Location: "westeurope", Network: plan.Network{
			SubnetID: "/subscriptions/S1/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/s"}}, ""},
		{"no region", plan.Azure{}, "nothing says in which region to build"},
		{"another subscription's subnet", plan.Azure{Location: "westeurope", Network: plan.Network{
			SubnetID: "/subscriptions/s2/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/s"}},
			"the subnet is in subscription s2, and the build VM in s1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := target.checkPlan(&plan.Plan{Azure: tt.plan})
			if tt.want == "" && len(found) > 0 || tt.want != "" && (len(found) != 1 || found[0].Summary != tt.want) {
				t.Errorf("found %v, want %q", found, tt.want)
			}
		})
	}
}

// The old plugin cannot start from everything.
func TestCheckSource(t *testing.T) {
	trusted := &plan.Plan{Source: plan.Source{ManagedImage: &plan.ImageRef{ID: "x"}, Exact: &plan.Exact{SecurityType: "TrustedLaunch"}}}
	shared := &plan.Plan{Source: plan.Source{SharedImage: &plan.ImageRef{ID: "/SharedGalleries/g/Images/i/Versions/1.0.0"}, Exact: &plan.Exact{}}}
	for _, version := range []string{"", "1.4.5"} {
		target := New(Options{})
		target.plugin.version = version
		for _, p := range []*plan.Plan{trusted, shared} {
			if found := target.checkSource(p); found.HasErrors() != (version != "") {
				t.Errorf("plugin %q: found %v", version, found)
			}
		}
	}
}
