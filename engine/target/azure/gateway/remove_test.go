package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	network = groupID + "/providers/Microsoft.Network/"
	nicID   = network + "networkInterfaces/nic"
	ipID    = network + "publicIPAddresses/ip"
	vnetID  = network + "virtualNetworks/net"
	nsgID   = network + "networkSecurityGroups/nsg"
	diskID  = groupID + "/providers/Microsoft.Compute/disks/os"
)

// held is an Azure in which things hold each other, and are gone some polls after they were deleted.
type held struct {
	mu    sync.Mutex
	there map[string]int // polls until it is gone, once it is deleted; -1 before
	by    map[string]string
	order []string // of deletions that were taken
	early []string // of those that were refused
	block chan struct{}
}

func (h *held) answer(w http.ResponseWriter, r *http.Request) {
	if h.block != nil && r.Method == http.MethodDelete {
		<-h.block
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	polls, there := h.there[r.URL.Path]
	switch {
	case r.Method == http.MethodPut:
		h.there[r.URL.Path] = -1
		fmt.Fprint(w, "{}")
	case !there:
		absent(w, r)
	case r.Method == http.MethodDelete:
		if by, ok := h.by[r.URL.Path]; ok {
			if _, holds := h.there[by]; holds {
				h.early = append(h.early, r.URL.Path)
				w.WriteHeader(http.StatusConflict)
				fmt.Fprint(w, `{"error": {"code": "InUse", "message": "held"}}`)
				return
			}
		}
		h.order = append(h.order, r.URL.Path)
		h.there[r.URL.Path] = 2
		w.WriteHeader(http.StatusAccepted)
	case polls == 0:
		delete(h.there, r.URL.Path)
		absent(w, r)
	default:
		if polls > 0 {
			h.there[r.URL.Path]--
		}
		fmt.Fprint(w, "{}")
	}
}

// The plugin is told at once that a thing is gone; the gateway deletes it, what holds another one first.
func TestRemove(t *testing.T) {
	azure := &held{there: map[string]int{}, block: make(chan struct{}),
		by: map[string]string{nicID: vmID, diskID: vmID, ipID: nicID, vnetID: nicID, nsgID: vnetID}}
	g := start(t, Options{Known: []string{groupID}, Remove: true}, azure.answer)
	all := []string{vmID, nicID, ipID, vnetID, nsgID, diskID}
	for _, id := range all {
		g.do(http.MethodPut, id+"?api-version=1", "{}")
	}
	g.took()
	for _, id := range []string{vmID, nsgID, vnetID, ipID, nicID, diskID, vmID} {
		if r := g.do(http.MethodDelete, id+"?api-version=1", ""); r.status != http.StatusNoContent {
			t.Errorf("DELETE %s: %d %s", id, r.status, r.body)
		}
		if r := g.do(http.MethodGet, strings.ToUpper(id[:20])+id[20:]+"?api-version=1", ""); r.status != http.StatusNotFound {
			t.Errorf("GET %s: %d, though it was given up", id, r.status)
		}
	}
	if got := slices.DeleteFunc(g.took(), func(s string) bool { return !strings.HasPrefix(s, "gone ") }); len(got) > 0 {
		t.Errorf("struck before it was seen gone: %q", got)
	}
	close(azure.block)
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	var gone []string
	for _, e := range g.took() {
		if id, ok := strings.CutPrefix(e, "gone "); ok {
			gone = append(gone, id)
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(all)), slices.Sorted(slices.Values(gone))); diff != "" {
		t.Errorf("gone (-want +got):\n%s", diff)
	}
	if azure.order[0] != vmID || azure.order[len(azure.order)-1] != nsgID || len(azure.there) > 0 {
		t.Errorf("deleted in the order %q, left %v", azure.order, azure.there)
	}
	if e := g.LastError(); e != nil {
		t.Errorf("last error: %v", e)
	}
}

// What is held by a thing that the plugin gives up later is tried again; what is refused stays in the ledger, and is said.
func TestRemoveRefused(t *testing.T) {
	azure := &held{there: map[string]int{}, by: map[string]string{nicID: vmID}}
	g := start(t, Options{Known: []string{groupID}, Remove: true}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete && r.URL.Path == diskID {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error": {"code": "AuthorizationFailed", "message": "no"}}`)
			return
		}
		azure.answer(w, r)
	})
	for _, id := range []string{vmID, nicID, diskID} {
		g.do(http.MethodPut, id+"?api-version=1", "{}")
	}
	g.took()
	g.do(http.MethodDelete, nicID+"?api-version=1", "")
	for { // until Azure has refused it once
		azure.mu.Lock()
		refused := len(azure.early) > 0
		azure.mu.Unlock()
		if refused {
			break
		}
	}
	g.do(http.MethodDelete, vmID+"?api-version=1", "")
	g.do(http.MethodDelete, diskID+"?api-version=1", "")
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	got := slices.DeleteFunc(g.took(), func(s string) bool { return !strings.HasPrefix(s, "gone ") && !strings.HasPrefix(s, "said ") })
	want := []string{"gone " + vmID, "gone " + nicID,
		"said disks/os is not deleted yet, and is at the end of the run: answered with 403 AuthorizationFailed: no"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is made again is there again.
func TestRemoveMadeAgain(t *testing.T) {
	azure := &held{there: map[string]int{}}
	g := start(t, Options{Known: []string{groupID}, Remove: true}, azure.answer)
	g.do(http.MethodPut, snapshotID+"?api-version=1", "{}")
	g.do(http.MethodDelete, snapshotID+"?api-version=1", "")
	g.removals.left.Wait()
	g.do(http.MethodPut, snapshotID+"?api-version=1", "{}")
	if r := g.do(http.MethodGet, snapshotID+"?api-version=1", ""); r.status != http.StatusOK {
		t.Errorf("GET: %d %s", r.status, r.body)
	}
}
