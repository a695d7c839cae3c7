package leftover

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
)

// scene is three kinds of what may be left, beside what is others': a group that Ingot made, one that was there, and one that another
// machine lost. n keeps the names of one scene from those of another.
func (r *rig) scene(n int) (paths []string) {
	r.Helper()
	name := func(s string) string { return fmt.Sprintf("%s%d", s, n) }
	const address = "/providers/Microsoft.Network/publicIPAddresses/"
	theirs := r.group(name("theirs"), nil)
	r.put(theirs+address+"bare", nil, m{})
	was := r.group(name("was"), map[string]string{"cost": "7"})
	r.put(was+address+"foreign", map[string]string{"team": "data"}, m{})
	r.guard()

	run := r.dead()
	made := groupID(name("IT_made"))
	r.record(run, made)
	r.group(name("IT_made"), r.made(run))
	r.record(run, r.put(made+address+"ip", r.mark(run), m{}))
	r.record(run, r.put(made+"/providers/Microsoft.Compute/disks/os", nil, m{"diskSizeGB": 1, "creationData": m{"createOption": "Empty"}}))

	run = r.dead()
	r.record(run, staging.TagsID(was))
	r.group(name("was"), with(r.mark(run), map[string]string{"cost": "7", "usedBy": "Ingot", "ingot-added": "usedBy"}))
	r.record(run, r.put(was+address+"ours", r.mark(run), m{}))

	lost := azurearm.Mark{Run: otherRun, Host: otherHost, Expires: now}.Tags()
	other := r.group(name("IT_other"), with(lost, map[string]string{"createdBy": "Ingot"}))
	r.put(other+address+"ip", lost, m{})
	return []string{made, was, other}
}

// strike takes a scene down, so that the next one is no bigger.
func (r *rig) strike(groups []string) {
	r.Helper()
	for _, id := range append(groups, strings.Replace(groups[1], "/was", "/theirs", 1)) {
		if r.sim.Resource(id) == nil {
			continue
		}
		p, err := r.groups.BeginDelete(r.Context(), id[strings.LastIndexByte(id, '/')+1:], nil)
		if err == nil {
			_, err = p.PollUntilDone(r.Context(), nil)
		}
		if err != nil {
			r.Fatal(err)
		}
	}
}

// over sees that a scene is as it should be after all.
func (r *rig) over(n int) {
	r.Helper()
	r.untouched()
	if left := r.left(); left != nil {
		r.Errorf("left: %v", left)
	}
	if rest, err := r.store.Entries(r.Context(), ""); err != nil || len(rest) > 0 {
		r.Errorf("still in the ledger: %v, %v", rest, err)
	}
}

// attempt is a clean-up that may fail, and must not say that something is gone that is there.
func (r *rig) attempt() {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	list, err := ledger.Remote(ctx, r.store, r.cleaner)
	if err == nil {
		var found []ledger.Leftover
		if found, err = r.cleaner.Find(ctx, list); err == nil {
			list = append(list, found...)
		}
	}
	if err != nil {
		r.Logf("the list: %v", err)
	}
	gone, err := ledger.Remove(ctx, r.store, r.cleaner, list)
	if err != nil {
		r.Logf("the removal: %v", err)
	}
	for _, l := range gone {
		id := strings.TrimPrefix(l.Entry.Name, r.account.Endpoint())
		if l.Present && r.sim.Resource(id) != nil {
			r.Errorf("%s counts as gone, and is there", l.What)
		}
	}
}

// TestFaults lets each call of a clean-up go wrong in each way, again and again. Nothing of others is ever touched, nothing counts as
// gone that is there, and the next clean-up does the rest.
func TestFaults(t *testing.T) {
	const parts = 6 // most of the time is waiting, so more of them run at once than there are processors
	var all sync.WaitGroup
	for part := range parts {
		all.Go(func() {
			t.Run(fmt.Sprintf("part %d", part), func(t *testing.T) { faults(t, part, parts) })
		})
	}
	all.Wait()
}

// faults is one part of the table.
func faults(t *testing.T, part, parts int) {
	r := newRig(t, azuresim.Options{})
	r.cleaner.tries = 2
	groups := r.scene(0)
	r.sim.SetFaults()
	first := len(r.sim.Calls())
	r.attempt()
	r.over(0)
	r.strike(groups)
	var calls []string
	for _, c := range r.sim.Calls()[first:] {
		path := c.Path
		for i, g := range groups { // the same call in any scene
			if len(path) >= len(g) && strings.EqualFold(path[:len(g)], g) {
				path = fmt.Sprintf("%d %s", i, path[len(g):])
			}
		}
		poll := strings.Contains(strings.ToLower(path), "/operation") || strings.Contains(path, "/oauth2/")
		if call := c.Method + " " + path; !poll && !slices.Contains(calls, call) {
			calls = append(calls, call)
		}
	}
	if len(calls) < 15 {
		t.Fatalf("a clean-up made the calls %q", calls)
	}
	faults := []struct {
		name  string
		fault azuresim.Fault
	}{
		{"403", azuresim.Fault{Status: 403, Code: "AuthorizationFailed"}},
		{"404", azuresim.Fault{Status: 404}},
		{"404 of a proxy", azuresim.Fault{Status: 404, Body: "<html>"}},
		{"409", azuresim.Fault{Status: 409, Code: "Conflict"}},
		{"429", azuresim.Fault{Status: 429, Code: "TooManyRequests"}},
		{"500", azuresim.Fault{Status: 500}},
		{"dropped", azuresim.Fault{Drop: true}},
		{"dropped after it was done", azuresim.Fault{Drop: true, After: true}},
		{"no JSON", azuresim.Fault{Body: "<html>"}},
		{"stuck", azuresim.Fault{Stuck: true}},
	}
	n := 0
	for _, call := range calls {
		method, rest, _ := strings.Cut(call, " ")
		for _, f := range faults {
			if f.fault.Stuck && method != "DELETE" || f.fault.After && method == "GET" || f.fault.Body != "" && method != "GET" {
				continue
			}
			n++
			if n%parts != part {
				continue
			}
			t.Run(call+" "+f.name, func(t *testing.T) {
				r := *r
				r.TB = t
				groups := r.scene(n)
				path := rest
				if i, inside, is := strings.Cut(rest, " "); is {
					path = groups[i[0]-'0'] + inside
				}
				fault := f.fault
				fault.Method, fault.Path, fault.Times = method, path, azuresim.Always
				if fault.Status == 404 && fault.Body == "" { // nobody can know better than Azure, but its answers may be old
					fault.Times = 1
				}
				healthy := r.cleaner
				if fault.Stuck {
					r.cleaner = r.cleaner.Paced(time.Millisecond, 100*time.Millisecond)
				}
				r.sim.SetFaults(&fault)
				r.attempt()
				r.untouchedBut(groups[1])
				r.sim.SetFaults()
				r.cleaner = healthy
				r.attempt()
				r.over(n)
				r.strike(groups)
			})
		}
	}
	t.Logf("%d calls, %d cells, a part of which are here", len(calls), n)
}

// untouchedBut is untouched, but for the tags of a group that is being given back.
func (r *rig) untouchedBut(group string) {
	r.Helper()
	whole := r.foreign
	r.foreign = slices.DeleteFunc(slices.Clone(whole), func(id string) bool { return id == group })
	r.untouched()
	r.foreign = whole
	if r.sim.Resource(group) == nil {
		r.Errorf("%s is gone", group)
	}
}

// TestKilledCleaner cuts a clean-up off at each of its calls; the next one does the rest.
func TestKilledCleaner(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	for n := 1; ; n += 3 {
		groups := r.scene(n)
		ctx, kill := context.WithCancel(t.Context())
		calls := 0
		r.sim.SetFaults(&azuresim.Fault{Fits: func(string, string) bool {
			if calls++; calls == n { // faults are looked at one after another
				kill()
			}
			return false
		}})
		list, err := ledger.Remote(ctx, r.store, r.cleaner)
		if err == nil {
			_, err = ledger.Remove(ctx, r.store, r.cleaner, list)
		}
		r.untouchedBut(groups[1])
		r.sim.SetFaults()
		kill()
		r.attempt()
		r.over(n)
		r.strike(groups)
		if t.Failed() {
			t.Fatalf("killed at call %d", n)
		}
		if err == nil {
			break
		}
	}
}

// TestNothingIsWaitedForWithoutEnd has a deletion that does not end. The entry stays, and the error says what to do.
func TestNothingIsWaitedForWithoutEnd(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.guard()
	run := r.dead()
	id := groupID("IT_own")
	r.record(run, id)
	r.group("IT_own", r.made(run))
	r.sim.SetFaults(&azuresim.Fault{Method: "DELETE", Stuck: true, Times: azuresim.Always})
	r.cleaner = r.cleaner.Paced(time.Millisecond, 50*time.Millisecond)
	gone, err := r.clean()
	if err == nil || len(gone) > 0 || !strings.Contains(err.Error(), "it was not gone after 50ms") ||
		!strings.Contains(err.Error(), "az group delete --subscription "+sub+" --name IT_own") {
		t.Errorf("removed %s: %v", told(gone), err)
	}
	if left := r.entries(run); !slices.Equal(left, []string{"IT_own"}) {
		t.Errorf("the ledger has %v", left)
	}
}

// TestLocks has a lock on a resource: the rest goes, and the error says what is in the way.
func TestLocks(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.others()
	run, group, all := r.lost("IT_own", false)
	lock := all[2] + "/providers/Microsoft.Authorization/locks/keep"
	r.put(lock, nil, m{"level": "CanNotDelete"})
	_, err := r.clean()
	if err == nil || !strings.Contains(err.Error(), "ScopeLocked") || !strings.Contains(err.Error(), "az lock list") {
		t.Errorf("got %v", err)
	}
	r.untouched()
	if r.sim.Resource(all[0]) != nil || r.sim.Resource(all[2]) == nil || r.sim.Resource(group) == nil {
		t.Errorf("left: %v", r.left())
	}
	if left := r.entries(run); len(left) != 2 {
		t.Errorf("the ledger has %v", left)
	}
	p, err := r.client.BeginDeleteByID(t.Context(), lock, "2020-05-01", nil)
	if err == nil {
		_, err = p.PollUntilDone(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.clean(); err != nil || r.left() != nil {
		t.Errorf("left: %v, %v", r.left(), err)
	}
}

// TestStrikeFails has a ledger that cannot be written when the thing is gone: the entry is struck by the next one.
func TestStrikeFails(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	run := r.dead()
	r.record(run, r.group("IT_own", r.made(run)))
	e := must(r.store.Entries(t.Context(), run))[0]
	if err := r.cleaner.Remove(t.Context(), e); err != nil { // and no Strike
		t.Fatal(err)
	}
	list, err := r.list()
	if err != nil || len(list) != 1 || list[0].Present {
		t.Fatalf("found %s, %v", told(list), err)
	}
	if _, err := ledger.Remove(t.Context(), r.store, r.cleaner, list); err != nil || r.entries(run) != nil {
		t.Errorf("the ledger has %v, %v", r.entries(run), err)
	}
	if err := ledger.Undo(t.Context(), r.store, nil, run); err != nil {
		t.Error(err)
	}
	r.record(run, groupID("IT_own"))
	if err := ledger.Undo(t.Context(), r.store, nil, run); err == nil || len(r.entries(run)) != 1 {
		t.Errorf("without Azure: %v, the ledger has %v", err, r.entries(run))
	}
	if err := ledger.Undo(t.Context(), r.store, r.cleaner, run); err != nil || r.entries(run) != nil {
		t.Errorf("with Azure: %v, the ledger has %v", err, r.entries(run))
	}
}

// TestOneThingIsHidden has a group that may not be looked at: it stays, and what else there is goes.
func TestOneThingIsHidden(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	hidden := r.group("IT_hidden", r.made(r.dead()))
	r.group("IT_own", r.made(r.dead()))
	r.sim.SetFaults(&azuresim.Fault{Method: "GET", Path: hidden, Status: 403, Times: azuresim.Always})
	list, err := r.list()
	const leave = "group IT_hidden: leave (it cannot be looked at: A fault that was asked for. (403 Forbidden))"
	if err != nil || !strings.Contains(told(list), leave) {
		t.Errorf("found %s, %v", told(list), err)
	}
	if _, err := ledger.Remove(t.Context(), r.store, r.cleaner, list); err != nil {
		t.Error(err)
	}
	if left := strings.Join(r.left(), " "); left != "IT_hidden" {
		t.Errorf("left: %s", left)
	}
	r.sim.SetFaults(&azuresim.Fault{Method: "GET", Path: "*/resourcegroups", Status: 403, Code: "AuthorizationFailed", Times: azuresim.Always})
	if _, err := r.list(); err == nil || !strings.Contains(err.Error(), "cannot list the resource groups of subscription "+sub) {
		t.Errorf("got %v", err)
	}
}
