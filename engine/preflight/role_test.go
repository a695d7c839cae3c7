package preflight_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/preflight"
)

func inputs(t testing.TB, names ...string) []preflight.Input {
	t.Helper()
	var all []preflight.Input
	for _, name := range names {
		p := planOf(t, "testdata/"+name+".json")
		if p == nil {
			t.Fatalf("%s has errors", name)
		}
		all = append(all, preflight.Input{File: name + ".json", Plan: p})
	}
	return all
}

func derive(t testing.TB, names ...string) *preflight.Needs {
	t.Helper()
	n, err := preflight.Derive(inputs(t, names...), preflight.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// grants are what a role gives.
func grants(r *preflight.Role) []preflight.Grant {
	return []preflight.Grant{{Actions: r.Actions, NotActions: r.NotActions, DataActions: r.DataActions, NotDataActions: r.NotDataActions}}
}

// lacking are the builder's permissions that somebody with a role does not have.
func lacking(n *preflight.Needs, r *preflight.Role) []string {
	var list []string
	for _, p := range n.Permissions {
		if p.Holder == preflight.Builder && !preflight.Allows(grants(r), p.Action, p.Data) {
			list = append(list, p.Action)
		}
	}
	return list
}

// TestRoleIsTheLeast takes every action of the role away in turn: each time the build lacks something.
func TestRoleIsTheLeast(t *testing.T) {
	n := derive(t, "everything", "windows-subnet", "own-group", "purchase-plan")
	r, err := preflight.RoleOf(n, "role", "")
	if err != nil {
		t.Fatal(err)
	}
	if l := lacking(n, r); l != nil {
		t.Errorf("the role lacks %v", l)
	}
	for _, list := range []*[]string{&r.Actions, &r.DataActions} {
		if !slices.IsSortedFunc(*list, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
			t.Error("it is not sorted", *list)
		}
		for i, action := range slices.Clone(*list) {
			whole := slices.Clone(*list)
			*list = slices.Delete(*list, i, i+1)
			if l := lacking(n, r); !slices.Contains(l, action) {
				t.Errorf("nobody needs %s", action)
			}
			*list = whole
		}
	}
}

// TestRoleOfOne compares the role of a template with what was reviewed.
func TestRoleOfOne(t *testing.T) {
	r, err := preflight.RoleOf(derive(t, "everything"), "Ingot build of everything", "Builds everything.")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = "testdata/everything.role"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got (go test ./engine/preflight -update):\n%s", diff)
	}
}

// TestRoleOfSeveral does not depend on the order that they are given in, and has what each of them needs and nothing more.
func TestRoleOfSeveral(t *testing.T) {
	names := []string{"least", "windows-subnet", "old-network"}
	var want *preflight.Role
	for range names {
		r, err := preflight.RoleOf(derive(t, names...), "role", "")
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = r
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("%v:\n%s", names, diff)
		}
		names = append(names[1:], names[0])
	}
	alone := map[string]bool{}
	for _, name := range names {
		n := derive(t, name)
		if l := lacking(n, want); l != nil {
			t.Errorf("%s lacks %v", name, l)
		}
		for _, p := range n.Permissions {
			alone[p.Action] = true
		}
	}
	for _, action := range slices.Concat(want.Actions, want.DataActions) {
		if !alone[action] {
			t.Errorf("%s is for none of them", action)
		}
	}
}

func TestRoleScopes(t *testing.T) {
	const s = "/subscriptions/" + testSubscription
	const other = "/subscriptions/2c9f0a11-7d53-4f0e-9b6f-51a0a1b2c3d4"
	for name, want := range map[string][]string{
		"own-group":      {s},
		"paid-managed":   {s}, // a storage account is anywhere in the subscription
		"windows-subnet": {s, other + "/resourceGroups/images"},
	} {
		r, err := preflight.RoleOf(derive(t, name), "role", "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.AssignableScopes); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestRoleOfEachScope has a role for each scope, which together give what the build needs, and nothing at a scope that is not
// needed there.
func TestRoleOfEachScope(t *testing.T) {
	n := derive(t, "everything", "windows-subnet")
	scopes := n.RoleScopes()
	if len(scopes) < 4 {
		t.Fatal(scopes)
	}
	for _, scope := range scopes {
		part := n.At(strings.ToUpper(scope))
		r, err := preflight.RoleOf(part, "role", "")
		if err != nil {
			t.Fatal(err)
		}
		if len(r.AssignableScopes) != 1 || !strings.EqualFold(r.AssignableScopes[0], scope) {
			t.Errorf("%s: %v", scope, r.AssignableScopes)
		}
		for _, p := range n.Permissions {
			there := strings.EqualFold(p.Scope, scope) || strings.HasPrefix(p.Scope, scope+"/providers/") || slices.Contains(p.Homes, scope)
			if there && p.Holder == preflight.Builder && !preflight.Allows(grants(r), p.Action, p.Data) {
				t.Errorf("%s: it lacks %s", scope, p.Action)
			}
		}
		if l := lacking(part, r); l != nil || len(r.Actions)+len(r.DataActions) > len(part.Permissions) {
			t.Errorf("%s: %v", scope, l)
		}
	}
}

func TestRoleWithoutSubscription(t *testing.T) {
	p := planOf(t, "testdata/least.json")
	p.Azure.StagingResourceGroup = ""
	for _, sub := range []string{"", "<subscriptionID>", "00000000-0000-0000-0000-000000000000"} {
		n, err := preflight.Derive([]preflight.Input{{File: "x", Plan: p}}, preflight.Options{Subscription: sub})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := preflight.RoleOf(n, "role", ""); !errors.Is(err, preflight.ErrScope) {
			t.Errorf("%q: %v", sub, err)
		}
	}
}

// TestBadIDs are ids that translate lets through, or that a plan made elsewhere has.
func TestBadIDs(t *testing.T) {
	for want, spoil := range map[string]func(*preflight.Input){
		`properties.stagingResourceGroup: "nowhere" is not the id of a resource group`: func(in *preflight.Input) {
			in.Plan.Azure.StagingResourceGroup = "nowhere"
		},
		`properties.vmProfile.vnetConfig.subnetId: "/subscriptions/s" is not the id of a subnet`: func(in *preflight.Input) {
			in.Plan.Azure.Network.SubnetID = "/subscriptions/s"
		},
		`properties.vmProfile.userAssignedIdentities[1]: "x" is not the id of a managed identity`: func(in *preflight.Input) {
			in.Plan.Azure.VMIdentities[1] = "x"
		},
		`properties.distribute[0].galleryImageId: "" is not the id of a gallery image definition`: func(in *preflight.Input) {
			in.Plan.Destinations[0].SharedImage.DefinitionID = ""
		},
	} {
		in := inputs(t, "windows-subnet")
		spoil(&in[0])
		if _, err := preflight.Derive(in, preflight.Options{}); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
