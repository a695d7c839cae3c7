package staging

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

const (
	sub   = azuresim.DefaultSubscription
	runID = "3f2a9c1e"
	host  = "0123456789abcdef"
)

var now = time.Date(2026, 11, 22, 3, 4, 5, 6, time.UTC)

// rig is an emulated Azure, and a request for a group in it.
type rig struct {
	*testing.T
	sim      *azuresim.Sim
	account  *azurearm.Account
	groups   *armresources.ResourceGroupsClient
	generic  *armresources.Client
	recorded []string
	Request
}

func newRig(t *testing.T, o azuresim.Options) *rig {
	t.Helper()
	sim, err := azuresim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	client := policy.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: sim.URL() + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: sim.URL(), Audience: sim.URL()}}},
		Transport: sim.Client(), Retry: policy.RetryOptions{RetryDelay: time.Millisecond, MaxRetryDelay: 2 * time.Millisecond},
	}
	cred, err := azidentity.NewClientSecretCredential(azuresim.DefaultTenant, "22222222-2222-2222-2222-222222222222", "secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, sim: sim, account: &azurearm.Account{Subscription: sub, Credential: cred, Who: "a test", Client: client}}
	if r.groups, err = armresources.NewResourceGroupsClient(sub, cred, r.account.Options()); err != nil {
		t.Fatal(err)
	}
	if r.generic, err = armresources.NewClient(sub, cred, r.account.Options()); err != nil {
		t.Fatal(err)
	}
	r.Request = Request{
		Plan: &plan.Plan{Name: "web", TimeoutMinutes: 240, Azure: plan.Azure{Location: "westeurope",
			ResourceTags: map[string]string{"team": "images"}}},
		RunID: runID, Host: host, TemplateGroup: "templates", Now: now,
		Record: func(_ context.Context, kind store.Kind, name string) error {
			if kind != store.AzureResource {
				t.Errorf("recorded a %s", kind)
			}
			r.recorded = append(r.recorded, strings.TrimPrefix(name, sim.URL()))
			return nil
		},
	}
	return r
}

// group makes a resource group with tags.
func (r *rig) group(name string, tags map[string]string) {
	r.Helper()
	g := armresources.ResourceGroup{Location: new("West Europe"), Tags: pointers(tags)}
	if _, err := r.groups.CreateOrUpdate(r.Context(), name, g, nil); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) address(group, name string, tags map[string]string) {
	r.Helper()
	p, err := r.generic.BeginCreateOrUpdateByID(r.Context(), id(group)+"/providers/Microsoft.Network/publicIPAddresses/"+name, "2024-01-01",
		armresources.GenericResource{Location: new("westeurope"), Tags: pointers(tags), Properties: map[string]any{}}, nil)
	if err == nil {
		_, err = p.PollUntilDone(r.Context(), nil)
	}
	if err != nil {
		r.Fatal(err)
	}
}

func id(group string) string { return "/subscriptions/" + sub + "/resourceGroups/" + group }

// tagsOf are the tags that a group has.
func (r *rig) tagsOf(group string) map[string]string {
	r.Helper()
	tags := map[string]string{}
	all, _ := r.sim.Resource(id(group))["tags"].(map[string]any)
	for name, value := range all {
		tags[name] = value.(string)
	}
	return tags
}

var marked = map[string]string{"ingot-run": runID, "ingot-host": host, "ingot-expires": "2026-11-23T07:04:05Z"}

// merged is a few tags and a few more.
func merged(all ...map[string]string) map[string]string {
	tags := map[string]string{}
	for _, some := range all {
		maps.Copy(tags, some)
	}
	return tags
}

var ofTemplate = map[string]string{"imageTemplateName": "web", "imageTemplateResourceGroupName": "templates"}

// TestOpen has the three cases.
func TestOpen(t *testing.T) {
	team := map[string]string{"team": "images"}
	allAdded := map[string]string{"ingot-added": "imageTemplateName,imageTemplateResourceGroupName,usedBy"}
	made := merged(ofTemplate, marked, map[string]string{"createdBy": "Ingot"})
	taken := merged(ofTemplate, marked, map[string]string{"usedBy": "Ingot"})
	for _, tt := range []struct {
		name         string
		staging      string // as the image template names it
		there        bool
		before       map[string]string // tags of a group that is there
		output       bool              // an earlier run's output lies in it
		tags, inside map[string]string
		adopted      bool
		recorded     string
	}{
		{name: "none is named", tags: merged(made, team), inside: merged(made, team)},
		{name: "a named one is not there", staging: id("own"), tags: merged(made, team), inside: merged(made, team), recorded: id("own")},
		{name: "a named one is there", staging: id("own"), there: true, before: map[string]string{"cost": "7"},
			tags: merged(taken, allAdded, map[string]string{"cost": "7"}), inside: merged(taken, team), adopted: true, recorded: TagsID(id("own"))},
		{name: "without tags", staging: "own", there: true, tags: merged(taken, allAdded), inside: merged(taken, team), adopted: true,
			recorded: TagsID(id("own"))},
		{name: "the same image template had it", staging: id("own"), there: true, before: map[string]string{"ImageTemplateName": "WEB"},
			tags: merged(marked, map[string]string{"ImageTemplateName": "WEB", "imageTemplateResourceGroupName": "templates", "usedBy": "Ingot",
				"ingot-added": "imageTemplateResourceGroupName,usedBy"}), inside: merged(taken, team), adopted: true, recorded: TagsID(id("own"))},
		{name: "with its output", staging: id("own"), there: true, before: merged(ofTemplate, map[string]string{"usedBy": "us"}), output: true,
			tags: merged(ofTemplate, marked, map[string]string{"usedBy": "us"}), inside: merged(taken, team),
			adopted: true, recorded: TagsID(id("own"))},
		{name: "the run had it before", staging: id("own"), there: true,
			before: merged(made, map[string]string{"ingot-expires": "2026-11-22T00:00:00Z"}), tags: made, inside: merged(made, team)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, azuresim.Options{})
			if tt.there {
				r.group("own", tt.before)
			}
			if tt.output {
				r.address("own", "kept", map[string]string{azurearm.OutputTag: "disk"})
			}
			r.Plan.Azure.StagingResourceGroup = tt.staging
			g, err := Open(t.Context(), r.account, r.Request)
			if err != nil {
				t.Fatal(err)
			}
			if tt.staging == "" {
				if !strings.HasPrefix(g.Name, "IT_templates_web_"+runID) || len(g.Name) != len("IT_templates_web_")+16 {
					t.Errorf("it is called %s", g.Name)
				}
				tt.recorded = id(g.Name)
			} else if g.Name != "own" {
				t.Errorf("it is called %s", g.Name)
			}
			if g.ID != id(g.Name) || g.Location != "westeurope" || g.Adopted != tt.adopted {
				t.Errorf("got %+v", g)
			}
			if diff := cmp.Diff(tt.tags, r.tagsOf(g.Name)); diff != "" {
				t.Errorf("tags of the group (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.inside, g.Tags); diff != "" {
				t.Errorf("tags for what is made in it (-want +got):\n%s", diff)
			}
			if got := strings.Join(r.recorded, " "); got != tt.recorded {
				t.Errorf("recorded %q, want %q", got, tt.recorded)
			}
		})
	}
}

// TestRefused has every way in which a group is refused. Nothing is made, tagged or recorded then.
func TestRefused(t *testing.T) {
	long := strings.Repeat("x", 257)
	many := map[string]string{}
	for i := range 46 {
		many["tag"+strings.Repeat("i", i)] = "x"
	}
	for _, tt := range []struct {
		name    string
		there   bool
		before  map[string]string
		prepare func(*rig)
		wrong   []string
	}{
		{name: "not empty", there: true, prepare: func(r *rig) { r.address("own", "ip", nil) },
			wrong: []string{`"own" cannot be used: it is not empty: it has Microsoft.Network/publicIPAddresses/ip`, "empty it"}},
		{name: "the output of another image template", there: true,
			prepare: func(r *rig) { r.address("own", "ip", map[string]string{azurearm.OutputTag: "disk"}) }, wrong: []string{"not empty"}},
		{name: "in another region", there: true, prepare: func(r *rig) { r.Plan.Azure.Location = "eastus" },
			wrong: []string{"it is in westeurope, and the image template in eastus"}},
		{name: "in another subscription", prepare: func(r *rig) {
			r.Plan.Azure.StagingResourceGroup = "/subscriptions/99999999-0000-0000-0000-000000000000/resourceGroups/own"
		}, wrong: []string{"is in subscription 99999999-0000-0000-0000-000000000000", "--subscription 9999"}},
		{name: "another image template's", there: true, before: map[string]string{"imagetemplatename": "db"},
			wrong: []string{`it is that of the image template "db"`}},
		{name: "another image template's of the same name", there: true,
			before: map[string]string{"imageTemplateName": "web", "imageTemplateResourceGroupName": "others"},
			wrong:  []string{`it is that of an image template in "others"`}},
		{name: "another run of this machine", there: true, before: merged(marked, map[string]string{"ingot-run": "00000001"}),
			wrong: []string{"run 00000001 has it, or left it behind", "ingot clean --on azure"}},
		{name: "a run of another machine", there: true, before: merged(marked, map[string]string{"ingot-host": "fedcba9876543210"}),
			wrong: []string{"run 3f2a9c1e of another machine has it, until 2026-11-23T07:04:05Z"}},
		{name: "what another machine lost", there: true, wrong: []string{"its time was over at 2026-11-22T03:04:05Z", "ingot clean --on azure"},
			before: merged(marked, map[string]string{"ingot-host": "fedcba9876543210", "ingot-expires": "2026-11-22T03:04:05Z"})},
		{name: "half a mark", there: true, before: map[string]string{"ingot-run": runID}, wrong: []string{"nobody can tell whose it is"}},
		{name: "too many tags", there: true, before: many, wrong: []string{"with Ingot's it would have 53 tags", "take 3 of its tags off"}},
		{name: "managed by another", there: true, prepare: func(r *rig) {
			_, err := r.groups.CreateOrUpdate(r.Context(), "own", armresources.ResourceGroup{Location: new("westeurope"),
				ManagedBy: new("/subscriptions/x/managed")}, nil)
			if err != nil {
				r.Fatal(err)
			}
		}, wrong: []string{"it belongs to /subscriptions/x/managed"}},
		{name: "being deleted", there: true, prepare: func(r *rig) {
			r.sim.SetFaults(&azuresim.Fault{Method: "DELETE", Stuck: true})
			if _, err := r.groups.BeginDelete(r.Context(), "own", nil); err != nil {
				r.Fatal(err)
			}
		}, wrong: []string{"its provisioning state is Deleting"}},
		{name: "no region", prepare: func(r *rig) { r.Plan.Azure.Location = "" }, wrong: []string{"in which region", "--location"}},
		{name: "no name", prepare: func(r *rig) { r.Group = "what?" }, wrong: []string{"cannot be the name of a resource group"}},
		{name: "a dot at the end", prepare: func(r *rig) { r.Group = "own." }, wrong: []string{"no '.' at its end"}},
		{name: "no group", prepare: func(r *rig) { r.Group = id("own") + "/providers/Microsoft.Compute/images/i" },
			wrong: []string{"is no id of a resource group"}},
		{name: "a tag's name", prepare: func(r *rig) { r.Plan.Azure.ResourceTags = map[string]string{"a/b": "x"} },
			wrong: []string{`"a/b" cannot be the name of a tag`}},
		{name: "a long name", prepare: func(r *rig) { r.Plan.Azure.ResourceTags = map[string]string{long + long: "x"} },
			wrong: []string{"cannot be the name of a tag"}},
		{name: "a long value", prepare: func(r *rig) { r.Plan.Azure.ResourceTags = map[string]string{"a": long} },
			wrong: []string{"257 characters", "up to 256"}},
		{name: "an own tag", prepare: func(r *rig) { r.Plan.Azure.ResourceTags = map[string]string{"Ingot-Expires": "2099-01-01T00:00:00Z"} },
			wrong: []string{`managedResourceTags has "Ingot-Expires"`}},
		{name: "many tags", prepare: func(r *rig) { r.Plan.Azure.ResourceTags = many }, wrong: []string{"would have 52 tags"}},
		{name: "no permission to look", there: true, prepare: func(r *rig) {
			r.sim.SetFaults(&azuresim.Fault{Method: "GET", Status: 403, Code: "AuthorizationFailed", Message: "no role", Times: azuresim.Always})
		}, wrong: []string{`cannot look at the staging resource group "own": no role (403 AuthorizationFailed)`, "ingot preflight"}},
		{name: "no permission to list", there: true, prepare: func(r *rig) {
			r.sim.SetFaults(&azuresim.Fault{Path: "*/own/resources", Status: 403, Times: azuresim.Always})
		}, wrong: []string{"cannot look into the staging resource group"}},
		{name: "an unknown region", prepare: func(r *rig) { r.Plan.Azure.Location = "atlantis" },
			wrong: []string{`cannot make the staging resource group "own"`}},
		{name: "an answer that is no JSON", there: true, prepare: func(r *rig) {
			r.sim.SetFaults(&azuresim.Fault{Method: "GET", Body: "<html>", Times: azuresim.Always})
		}, wrong: []string{"cannot look at"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, azuresim.Options{})
			r.Plan.Azure.StagingResourceGroup = id("own")
			if tt.there {
				r.group("own", tt.before)
			}
			if tt.prepare != nil {
				tt.prepare(r)
			}
			before, tags := r.sim.Resources(), r.tagsOf("own")
			_, err := Open(t.Context(), r.account, r.Request)
			var p *Problem
			if !errors.As(err, &p) {
				t.Fatalf("got %v, want a Problem", err)
			}
			for _, part := range tt.wrong {
				if text := p.Error() + "\n" + p.Fix; !strings.Contains(text, part) {
					t.Errorf("it says\n%s\nwithout %q", text, part)
				}
			}
			if p.Fix == "" {
				t.Error("it does not say what to do")
			}
			if diff := cmp.Diff(before, r.sim.Resources()); diff != "" {
				t.Errorf("resources (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(tags, r.tagsOf("own")); diff != "" {
				t.Errorf("tags (-before +after):\n%s", diff)
			}
			// A region that Azure does not know is found by making the group: the ledger has it before.
			if len(r.recorded) > 0 && tt.name != "an unknown region" {
				t.Errorf("recorded %q", r.recorded)
			}
		})
	}
}

// TestRecordedFirst has nothing made when the ledger cannot be written.
func TestRecordedFirst(t *testing.T) {
	full := errors.New("no space left on device")
	for _, there := range []bool{false, true} {
		r := newRig(t, azuresim.Options{})
		if there {
			r.group("own", nil)
		}
		r.Group = "own"
		r.Record = func(context.Context, store.Kind, string) error { return full }
		before := r.sim.Resources()
		if _, err := Open(t.Context(), r.account, r.Request); !errors.Is(err, full) {
			t.Errorf("got %v", err)
		}
		if !slices.Equal(before, r.sim.Resources()) || len(r.tagsOf("own")) > 0 {
			t.Errorf("there is %v with tags %v", r.sim.Resources(), r.tagsOf("own"))
		}
	}
}

// TestTwoTakeOneGroup has another machine take the group between the look and the tags.
func TestTwoTakeOneGroup(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.group("own", nil)
	r.Group = "own"
	other := r.Request
	other.Host, other.RunID = "fedcba9876543210", "00000002"
	other.Record = func(context.Context, store.Kind, string) error { return nil }
	r.Record = func(ctx context.Context, _ store.Kind, _ string) error {
		_, err := Open(ctx, r.account, other)
		return err
	}
	if _, err := Open(t.Context(), r.account, r.Request); err == nil || !strings.Contains(err.Error(), "at the same moment") {
		t.Fatalf("got %v; the other one was faster", err)
	}
	if got := r.tagsOf("own")[azurearm.RunTag]; got != other.RunID {
		t.Errorf("the group is that of run %q", got)
	}
	var held *store.HeldError
	r.Request.RunID = "00000003"
	r.Request.Record = func(context.Context, store.Kind, string) error { return &store.HeldError{Run: "00000009"} }
	r.group("own", nil)
	if _, err := Open(t.Context(), r.account, r.Request); err == nil || errors.As(err, &held) || !strings.Contains(err.Error(),
		"run 00000009 uses it") {
		t.Errorf("got %v", err)
	}
}

func TestNewName(t *testing.T) {
	for _, tt := range []struct{ name, group, template, want string }{
		{"as the service", "images", "web", "IT_images_web_3f2a9c1e"},
		{"without a group", "", "web", "IT_ingot_web_3f2a9c1e"},
		{"other letters", "bilder-für(alle)", "web server.json", "IT_bilder-f-r-alle-_web-server-json_3f2a9c1e"},
		{"long", strings.Repeat("g", 90), strings.Repeat("t", 200),
			"IT_" + strings.Repeat("g", 34) + "_" + strings.Repeat("t", 35) + "_3f2a9c1e"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := newName(tt.group, tt.template, runID)
			if got[:len(got)-8] != tt.want || len(got) > 90 || !groupName.MatchString(got) {
				t.Errorf("got %q (%d)", got, len(got))
			}
			if got == newName(tt.group, tt.template, runID) {
				t.Error("a second one has the same name")
			}
		})
	}
}
