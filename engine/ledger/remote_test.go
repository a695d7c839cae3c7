package ledger

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ingot-build/ingot/engine/store"
)

const azureRoot = "https://management.azure.com/subscriptions/s/resourceGroups/"

// cloud is a Remover: a set of names that are there. What is deeper goes first; a name with "theirs" in it stays, one with "stuck" fails.
type cloud struct {
	mu    sync.Mutex
	there map[string]bool
	order []string
}

func (c *cloud) Order(e store.Entry) int { return -strings.Count(e.Name, "/") }

func (c *cloud) Look(_ context.Context, e store.Entry) (Sight, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Sight{What: "a thing", Present: c.there[e.Name], Why: "it is over"}
	if strings.Contains(e.Name, "theirs") {
		s.Stays = "it is somebody's"
	}
	if strings.Contains(e.Name, "hidden") {
		return Sight{}, errors.New("no permission")
	}
	return s, nil
}

func (c *cloud) Remove(_ context.Context, e store.Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case strings.Contains(e.Name, "theirs"):
		return &StaysError{Why: "it is somebody's"}
	case strings.Contains(e.Name, "stuck"):
		return errors.New("it is in use")
	}
	c.order = append(c.order, e.Name)
	delete(c.there, e.Name)
	return nil
}

// inCloud notes and makes things.
func inCloud(t *testing.T, st *store.Store, c *cloud, run string, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, err := st.Record(t.Context(), run, store.AzureResource, azureRoot+n); err != nil {
			t.Fatal(err)
		}
		c.there[azureRoot+n] = true
	}
}

func TestRemote(t *testing.T) {
	st := openStore(t, testDirs(t))
	c := &cloud{there: map[string]bool{}}
	dead, live := start(t, st), start(t, st)
	inCloud(t, st, c, dead.Run().ID, "g", "g/vms/a", "g/vms/b", "theirs", "stuck", "hidden")
	inCloud(t, st, c, live.Run().ID, "live", "live/vms/a")
	record(t, st, dead.Run().ID, store.Directory, st.Dirs().Staging()+"/x")
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}

	here, err := List(t.Context(), st)
	if err != nil || len(here) != 1 || here[0].Entry.Kind != store.Directory {
		t.Errorf("on this machine there is %v, %v", names(here), err)
	}
	unseen, err := Remote(t.Context(), st, nil)
	if err != nil || len(unseen) != 6 || unseen[0].Run.ID != dead.Run().ID {
		t.Errorf("without Azure: %v, %v", names(unseen), err)
	}
	if _, err := Remove(t.Context(), st, nil, unseen); !errors.Is(err, errNoRemover) {
		t.Errorf("removed without Azure: %v", err)
	}
	list, err := Remote(t.Context(), st, c)
	if err != nil || len(list) != 6 {
		t.Fatalf("got %v, %v", names(list), err)
	}
	stays := map[string]string{}
	for _, l := range list {
		stays[strings.TrimPrefix(l.Entry.Name, azureRoot)] = l.Stays
	}
	want := map[string]string{
		"g": "", "g/vms/a": "", "g/vms/b": "", "theirs": "it is somebody's", "stuck": "", "hidden": "no permission",
	}
	if !maps.Equal(stays, want) {
		t.Errorf("stays: %v, want %v", stays, want)
	}
	gone, err := Remove(t.Context(), st, c, list)
	const stuck = "stuck was left behind: it is in use; delete it by hand: az group delete"
	if len(gone) != 3 || err == nil || !strings.Contains(err.Error(), stuck) {
		t.Errorf("gone %v, %v", names(gone), err)
	}
	if last := c.order[len(c.order)-1]; last != azureRoot+"g" {
		t.Errorf("removed in the order %q", c.order)
	}
	if len(c.there) != 5 || !c.there[azureRoot+"live/vms/a"] {
		t.Errorf("there is %v", c.there)
	}
	left, err := st.Entries(t.Context(), dead.Run().ID)
	if err != nil || len(left) != 4 { // theirs, stuck, hidden, the directory
		t.Errorf("the ledger has %v, %v", left, err)
	}
}

// TestRemoteBesideALiveRun has a group of a dead run in which a live one has something.
func TestRemoteBesideALiveRun(t *testing.T) {
	st := openStore(t, testDirs(t))
	c := &cloud{there: map[string]bool{}}
	dead, live := start(t, st), start(t, st)
	inCloud(t, st, c, dead.Run().ID, "Shared")
	inCloud(t, st, c, live.Run().ID, "shared/vms/a")
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := Remote(t.Context(), st, c)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %v, %v", names(list), err)
	}
	var held *store.HeldError
	if _, err := Remove(t.Context(), st, c, list); !errors.As(err, &held) || held.Run != live.Run().ID || len(c.order) > 0 {
		t.Errorf("got %v, removed %v", err, c.order)
	}
}

// TestUndoElsewhere has a run end that made things here and there, and keeps one.
func TestUndoElsewhere(t *testing.T) {
	st := openStore(t, testDirs(t))
	c := &cloud{there: map[string]bool{}}
	a := start(t, st)
	id := a.Run().ID
	inCloud(t, st, c, id, "kept")
	if err := st.Keep(t.Context(), id, "to look at"); err != nil {
		t.Fatal(err)
	}
	inCloud(t, st, c, id, "g", "g/vms/a", "theirs")
	record(t, st, id, store.Directory, st.Dirs().Staging()+"/x")
	var stays *StaysError
	if err := Undo(t.Context(), st, c, id); !errors.As(err, &stays) || strings.Contains(err.Error(), "by hand") {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(c.order, []string{azureRoot + "g/vms/a", azureRoot + "g"}) || exists(st.Dirs().Staging()+"/x") {
		t.Errorf("removed %v", c.order)
	}
	left, err := st.Entries(t.Context(), id)
	if err != nil || len(left) != 2 {
		t.Errorf("the ledger has %v, %v", left, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := Remote(t.Context(), st, c)
	if err != nil || !slices.ContainsFunc(list, func(l Leftover) bool { return l.Entry.Kept == "to look at" && l.Present }) {
		t.Errorf("got %+v, %v", list, err)
	}
}
