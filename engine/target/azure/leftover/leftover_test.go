package leftover

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
)

// TestALostRunLeavesNothing removes a build VM, in the order that Azure wants, and the group.
func TestALostRunLeavesNothing(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.others()
	run, _, _ := r.lost("IT_own", false)
	list, err := r.list()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 7 { // by tag there is nothing that is not in the ledger
		t.Errorf("found:\n%s", told(list))
	}
	if gone, err := ledger.Remove(t.Context(), r.store, r.cleaner, list); err != nil || len(gone) != 7 {
		t.Fatalf("removed %d: %v", len(gone), err)
	}
	r.untouched()
	if left := r.left(); left != nil {
		t.Errorf("left: %v", left)
	}
	if left := r.entries(run); left != nil {
		t.Errorf("still in the ledger: %v", left)
	}
	var order []string
	for _, c := range r.sim.Calls() {
		if c.Method == "DELETE" {
			part := strings.Split(c.Path, "/")
			order = append(order, part[len(part)-2])
		}
	}
	at := func(typ string) int { return slices.Index(order, typ) }
	if at("virtualMachines") != 0 || at("networkInterfaces") != 1 || at("networkSecurityGroups") != 5 || at("resourceGroups") != 6 ||
		len(order) != 7 {
		t.Errorf("deleted in the order %v", order)
	}
}

// TestDecisions has what a clean says of what it finds, and what is left after it.
func TestDecisions(t *testing.T) {
	const address = "/providers/Microsoft.Network/publicIPAddresses/"
	for _, tt := range []struct {
		name string
		seed func(*rig)
		want string
		left []string // "" is the whole group "own"
	}{
		{name: "recorded, and never made", seed: func(r *rig) { r.record(r.dead(), groupID("own")) },
			want: "resource group own: gone []"},
		{name: "recorded, and in a group that is gone", seed: func(r *rig) { r.record(r.dead(), groupID("own")+address+"a") },
			want: "public address a in own: gone []"},
		{name: "made, and not in the ledger", seed: func(r *rig) { r.group("own", r.made(r.dead())) },
			want: "resource group own: delete [run RUN is over]"},
		{name: "a resource of a dead run in somebody's group", seed: func(r *rig) {
			r.put(r.group("own", nil)+address+"a", r.mark(r.dead()), m{})
		}, want: "public address a in own: delete [run RUN is over]", left: []string{"own"}},
		{name: "of a run that is going on", seed: func(r *rig) {
			run := r.live().Run().ID
			r.record(run, r.group("own", r.made(run)))
		}, want: "resource group own: leave (run RUN is going on) []", left: []string{"own"}},
		{name: "of a run that this machine does not know", seed: func(r *rig) { r.group("own", r.made("00000001")) },
			want: "resource group own: leave (it is that of run 00000001, which this machine does not know, until 2026-11-22T13:00:00Z) []",
			left: []string{"own"}},
		{name: "of another machine", seed: func(r *rig) {
			r.group("own", with(r.made(otherRun), map[string]string{"ingot-host": otherHost}))
		}, want: "resource group own: leave (it is that of run 0000beef of another machine, until 2026-11-22T13:00:00Z) []",
			left: []string{"own"}},
		{name: "of another machine, a moment before its time is over", seed: func(r *rig) {
			r.group("own", with(r.made(otherRun), map[string]string{"ingot-host": otherHost, "ingot-expires": "2026-11-22T12:00:01Z"}))
		}, want: "resource group own: leave (it is that of run 0000beef of another machine, until 2026-11-22T12:00:01Z) []",
			left: []string{"own"}},
		{name: "lost by another machine", seed: func(r *rig) {
			tags := azurearm.Mark{Run: otherRun, Host: otherHost, Expires: now}.Tags()
			r.machine(r.group("own", with(tags, map[string]string{"createdBy": "Ingot"})), "vm", tags)
		}, want: "resource group own with 6 resources: delete [the time of run 0000beef of another machine was over at 2026-11-22T12:00:00Z]"},
		{name: "lost by another machine in a group that was there", seed: func(r *rig) {
			tags := azurearm.Mark{Run: otherRun, Host: otherHost, Expires: now}.Tags()
			r.put(r.group("own", with(tags, map[string]string{"usedBy": "Ingot", "ingot-added": "usedBy"}))+address+"a", tags, m{})
		}, want: "public address a in own: delete [the time of run 0000beef of another machine was over at 2026-11-22T12:00:00Z]\n" +
			"tags of resource group own: take them off [the time of run 0000beef of another machine was over at 2026-11-22T12:00:00Z]",
			left: []string{"own"}},
		{name: "with the id of a run of this machine, on another one", seed: func(r *rig) {
			r.group("own", with(r.made(r.dead()), map[string]string{"ingot-host": otherHost}))
		}, want: "resource group own: leave (it is that of run RUN of another machine, until 2026-11-22T13:00:00Z) []",
			left: []string{"own"}},
		{name: "without an expiry", seed: func(r *rig) {
			tags := r.made(r.dead())
			delete(tags, azurearm.ExpiresTag)
			r.group("own", tags)
		}, want: `resource group own: leave (nobody can tell whose it is: its tag ingot-expires is "", which is no time) []`,
			left: []string{"own"}},
		{name: "with a path for a run", seed: func(r *rig) {
			r.group("own", with(r.made("00000001"), map[string]string{"ingot-run": "../../runs"}))
		}, want: `resource group own: leave (nobody can tell whose it is: its tag ingot-run is "../../runs", which is no id of a run) []`,
			left: []string{"own"}},
		{name: "recorded, and the tags are taken off", seed: func(r *rig) {
			r.record(r.dead(), r.group("own", nil))
		}, want: "resource group own: leave (it does not have the tags of run RUN) []", left: []string{"own"}},
		{name: "recorded, and not made by Ingot", seed: func(r *rig) {
			run := r.dead()
			r.record(run, r.group("own", r.mark(run)))
		}, want: "resource group own: leave (its tag createdBy does not say that Ingot made it) []\n" +
			"tags of resource group own: take them off [run RUN is over]", left: []string{"own"}},
		{name: "recorded, and somebody else's of the same name", seed: func(r *rig) {
			r.record(r.dead(), r.put(r.group("own", nil)+address+"a", map[string]string{"team": "data"}, m{}))
		}, want: "public address a in own: leave (nothing shows that run RUN made it: neither it nor its resource group has the run's tags) []",
			left: []string{"own", "own" + address + "a"}},
		{name: "recorded, and another run's by now", seed: func(r *rig) {
			r.record(r.dead(), r.put(r.group("own", nil)+address+"a", r.mark("00000001"), m{}))
		}, want: "public address a in own: leave (it is that of run 00000001) []\n" + // by the ledger, which is asked first
			"", left: []string{"own", "own" + address + "a"}},
		{name: "with somebody's resource in it", seed: func(r *rig) {
			run := r.dead()
			g := r.group("own", r.made(run))
			r.record(run, g)
			r.put(g+address+"ours", r.mark(run), m{})
			r.put(g+address+"theirs", nil, m{})
		}, want: "resource group own with a resource: delete what is the run's, and leave the group: public address theirs is in it, and " +
			"nothing shows that run RUN made that [run RUN recorded it and is over]", left: []string{"own", "own" + address + "theirs"}},
		{name: "with nothing but somebody's resource in it", seed: func(r *rig) {
			r.put(r.group("own", r.made(r.dead()))+address+"theirs", map[string]string{"team": "data"}, m{})
		}, want: "resource group own: leave (public address theirs is in it, and nothing shows that run RUN made that) []",
			left: []string{"own", "own" + address + "theirs"}},
		{name: "with a disk that only its machine holds", seed: func(r *rig) {
			run := r.dead()
			r.machine(r.group("own", r.made(run)), "vm", r.mark(run))
		}, want: "resource group own with 6 resources: delete [run RUN is over]"},
		{name: "another cloud's", seed: func(r *rig) {
			if _, err := r.store.Record(r.Context(), r.dead(), store.AzureResource, "https://management.azure.com"+groupID("own")); err != nil {
				r.Fatal(err)
			}
		}, want: "azure resource https://management.azure.com" + groupID("own") +
			": leave (it is in another cloud, at management.azure.com) []"},
		{name: "another subscription's", seed: func(r *rig) {
			r.record(r.dead(), "/subscriptions/99999999-0000-0000-0000-000000000000/resourceGroups/own")
		}, want: "azure resource SIM/subscriptions/99999999-0000-0000-0000-000000000000/resourceGroups/own: leave (it cannot be looked at: " +
			"The subscription '99999999-0000-0000-0000-000000000000' could not be found. (404 SubscriptionNotFound)) []"},
		{name: "a type that nobody knows", seed: func(r *rig) {
			r.record(r.dead(), r.group("own", nil)+"/providers/Microsoft.Strange/things/a")
		}, want: "azure resource SIM" + groupID("own") + "/providers/Microsoft.Strange/things/a: leave (ask for the api-versions of " +
			"Microsoft.Strange: The resource namespace 'Microsoft.Strange' is invalid. (404 InvalidResourceNamespace)) []", left: []string{"own"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, azuresim.Options{})
			r.others()
			tt.seed(r)
			list, err := r.list()
			if err != nil {
				t.Fatal(err)
			}
			runs, err := r.store.Runs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(told(list), r.sim.URL(), "SIM")
			for _, run := range runs {
				got = strings.ReplaceAll(got, run.ID, "RUN")
			}
			if diff := cmp.Diff(strings.TrimSpace(tt.want), got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			_, err = ledger.Remove(t.Context(), r.store, r.cleaner, list)
			var stays *ledger.StaysError
			if err != nil && !errors.As(err, &stays) {
				t.Error(err)
			}
			r.untouched()
			if diff := cmp.Diff(tt.left, r.left()); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAdopted has a group that was there before keep what it was.
func TestAdopted(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.others()
	run, group, _ := r.lost("own", true)
	theirs := r.put(group+"/providers/Microsoft.Network/publicIPAddresses/theirs", map[string]string{"team": "data"}, m{})
	if _, err := r.clean(); err != nil {
		t.Fatal(err)
	}
	r.untouched()
	if left := strings.Join(r.left(), " "); left != "own own/providers/Microsoft.Network/publicIPAddresses/theirs" {
		t.Errorf("left: %s", left)
	}
	if diff := cmp.Diff(m{"cost": "7"}, r.sim.Resource(group)["tags"]); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if r.sim.Resource(theirs) == nil || r.entries(run) != nil {
		t.Errorf("the ledger has %v", r.entries(run))
	}
}

// TestOutputsStay has what distributors left among the things of a dead run.
func TestOutputsStay(t *testing.T) {
	for _, tt := range []struct {
		name            string
		tagged, adopted bool
	}{{"by its tag", true, false}, {"by the run's record", false, false}, {"in a group that was there", true, true}} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, azuresim.Options{})
			r.others()
			a := r.live()
			run := a.Run().ID
			tags := with(r.made(run), map[string]string{"imageTemplateName": "web"})
			if tt.adopted {
				tags = with(r.mark(run), map[string]string{"imageTemplateName": "web", "usedBy": "Ingot", "ingot-added": "imageTemplateName,usedBy"})
			}
			group := r.group("own", tags)
			if tt.adopted {
				r.record(run, staging.TagsID(group))
			} else {
				r.record(run, group)
			}
			of := r.mark(run)
			if tt.tagged {
				of[azurearm.OutputTag] = "disk"
			}
			account := r.put(group+"/providers/Microsoft.Storage/storageAccounts/vhds1", of, m{})
			r.record(run, account)
			r.record(run, r.put(group+"/providers/Microsoft.Network/publicIPAddresses/ip", r.mark(run), m{}))
			if !tt.tagged {
				err := a.AddOutput(t.Context(), events.RunOutput{Name: "disk", ArtifactURI: "https://vhds1.blob.azuresim.test/vhds/a.vhd"})
				if err != nil {
					t.Fatal(err)
				}
			}
			// Undo is what a run does at its end, when it still holds its lock.
			if err := ledger.Undo(t.Context(), r.store, r.cleaner, run); err != nil {
				t.Fatal(err)
			}
			r.untouched()
			if left := strings.Join(r.left(), " "); !strings.HasPrefix(left,
				"own own/providers/Microsoft.Storage/storageAccounts/vhds1") || strings.Contains(left, "publicIP") {
				t.Errorf("left: %s", left)
			}
			if left := r.entries(run); left != nil {
				t.Errorf("still in the ledger: %v", left)
			}
			now := r.sim.Resource(group)["tags"].(m)
			if now[azurearm.RunTag] != nil || now["imageTemplateName"] != "web" {
				t.Errorf("the group has the tags %v", now)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := r.clean(); err != nil {
				t.Fatal(err)
			}
			if r.sim.Resource(account) == nil {
				t.Error("a later clean took the output")
			}
		})
	}
}

// TestImages has an image that was not finished, and one that was somebody's before.
func TestImages(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.others()
	run := r.dead()
	group := r.group("IT_own", r.made(run))
	r.record(run, group)
	disk := r.put(group+"/providers/Microsoft.Compute/disks/d", r.mark(run), m{"diskSizeGB": 1, "creationData": m{"createOption": "Empty"}})
	snapshot := r.put(group+"/providers/Microsoft.Compute/snapshots/s", r.mark(run), m{"creationData": m{"createOption": "Copy",
		"sourceResourceId": disk}})
	theirs := r.group("images", nil)
	image := func(name, from string) string {
		return r.put(theirs+"/providers/Microsoft.Compute/images/"+name, nil, m{"hyperVGeneration": "V2", "storageProfile": m{
			"osDisk": m{"osType": "Linux", "osState": "Generalized", "snapshot": m{"id": from}}}})
	}
	other := r.put(theirs+"/providers/Microsoft.Compute/snapshots/s", nil, m{
		"creationData": m{"createOption": "Copy", "sourceResourceId": disk}})
	r.record(run, image("ours", snapshot))
	r.record(run, image("theirs", other))
	list, err := r.list()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Remove(t.Context(), r.store, r.cleaner, list); err != nil {
		t.Fatalf("%v\n%s", err, told(list))
	}
	r.untouched()
	const compute = " images/providers/Microsoft.Compute/"
	if left := strings.Join(r.left(), " "); left != "images"+compute+"images/theirs"+compute+"snapshots/s" {
		t.Errorf("left: %s\n%s", left, told(list))
	}
}

// TestLiveRunsKeepTheirs has a clean with a list from before the run was taken up again.
func TestLiveRunsKeepTheirs(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	a := r.live()
	run := a.Run().ID
	r.record(run, r.group("own", r.made(run)))
	r.guard()
	all, err := r.store.Entries(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := ledger.Remote(t.Context(), r.store, r.cleaner); err != nil || len(list) > 0 {
		t.Errorf("listed %s, %v", told(list), err)
	}
	var live *store.LiveError
	if _, err := ledger.Remove(t.Context(), r.store, r.cleaner, []ledger.Leftover{{Entry: all[0]}}); !errors.As(err, &live) {
		t.Errorf("got %v", err)
	}
	// The same by its tag alone.
	var stays *ledger.StaysError
	byTag := store.Entry{Kind: store.AzureResource, Name: all[0].Name, Run: run}
	if _, err := ledger.Remove(t.Context(), r.store, r.cleaner, []ledger.Leftover{{Entry: byTag}}); !errors.As(err, &stays) {
		t.Errorf("got %v", err)
	}
	r.untouched()
}

// TestTwoCleaners has two at once: both end well, and nothing is left.
func TestTwoCleaners(t *testing.T) {
	r := newRig(t, azuresim.Options{Pace: time.Millisecond})
	r.others()
	r.lost("IT_a", false)
	r.lost("own", true)
	var all sync.WaitGroup
	for range 3 {
		c := r.newCleaner()
		all.Go(func() {
			list, err := ledger.Remote(t.Context(), r.store, c)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := ledger.Remove(t.Context(), r.store, c, list); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r.untouched()
	if left := strings.Join(r.left(), " "); left != "own" {
		t.Errorf("left: %s", left)
	}
	if rest, err := r.store.Entries(t.Context(), ""); err != nil || len(rest) > 0 {
		t.Errorf("still in the ledger: %v, %v", rest, err)
	}
}
