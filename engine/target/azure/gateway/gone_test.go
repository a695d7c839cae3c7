package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A thing is struck when it is seen gone after it was deleted, with all that was in it.
func TestGone(t *testing.T) {
	there := true
	g := start(t, Options{Known: []string{groupID}}, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusAccepted)
		case r.Method == http.MethodGet && !there:
			absent(w, r)
		default:
			fmt.Fprint(w, "{}")
		}
	})
	g.do(http.MethodPut, vmID+"?api-version=1", "{}")
	g.do(http.MethodPut, vmID+"/extensions/e?api-version=1", "{}")
	g.do(http.MethodPut, snapshotID+"?api-version=1", "{}")
	gone := func() []string {
		return slices.Sorted(slices.Values(slices.DeleteFunc(g.took(), func(s string) bool { return !strings.HasPrefix(s, "gone ") })))
	}
	g.do(http.MethodDelete, vmID+"?api-version=1", "")
	g.do(http.MethodGet, vmID+"?api-version=1", "")
	if got := gone(); got != nil {
		t.Errorf("struck while it was there: %q", got)
	}
	there = false
	g.do(http.MethodGet, snapshotID+"?api-version=1", "") // nobody deleted it
	if got := gone(); got != nil {
		t.Errorf("struck without a deletion: %q", got)
	}
	g.do(http.MethodGet, strings.ToUpper(vmID[:20])+vmID[20:]+"?api-version=1", "")
	if got, want := gone(), []string{"gone " + vmID, "gone " + vmID + "/extensions/e"}; !slices.Equal(got, want) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
	g.do(http.MethodPut, vmID+"?api-version=1", "{}")
	if got := g.took(); !slices.Contains(got, "created "+vmID) {
		t.Errorf("what is made again is not recorded: %q", got)
	}
	g.do(http.MethodDelete, snapshotID+"?api-version=1", "")
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if got, want := gone(), []string{"gone " + snapshotID}; !slices.Equal(got, want) {
		t.Errorf("at the end: (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// A deletion of what was gone already strikes it too.
func TestGoneBefore(t *testing.T) {
	g := start(t, Options{Known: []string{groupID, snapshotID}}, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
	})
	g.do(http.MethodDelete, snapshotID+"?api-version=1", "")
	if got, want := g.took(), []string{"DELETE " + snapshotID, "gone " + snapshotID}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if e := g.LastError(); e != nil {
		t.Errorf("last error: %v", e)
	}
}

// The error that counts is the last before the plugin cleans up, unless it was made good.
func TestLastError(t *testing.T) {
	answers := map[string]string{}
	g := start(t, Options{Known: []string{groupID}}, func(w http.ResponseWriter, r *http.Request) {
		if text := answers[r.Method]; text != "" {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, text)
			return
		}
		fmt.Fprint(w, answers["ok"]+"{}"[min(2, 2*len(answers["ok"])):])
	})
	check := func(what, code string) {
		t.Helper()
		e := g.LastError()
		if (e == nil) != (code == "") || e != nil && (e.Code != code || e.Azure == nil) {
			t.Errorf("%s: got %v, want %q", what, e, code)
		}
	}
	check("at first", "")
	answers[http.MethodPut] = `{"error": {"code": "DeploymentFailed", "message": "see details", "details": [{"code": "Conflict",
		"message": "{\"error\": {\"code\": \"SkuNotAvailable\", \"message\": \"no room\"}}"}]}}`
	g.do(http.MethodPut, vmID+"?api-version=1", "{}")
	check("nested", "SkuNotAvailable")
	answers[http.MethodDelete] = `{"error": {"code": "ScopeLocked", "message": "locked"}}`
	g.do(http.MethodDelete, vmID+"?api-version=1", "")
	check("after the clean-up", "SkuNotAvailable")
	delete(answers, http.MethodPut)
	g.do(http.MethodPut, vmID+"?api-version=1", "{}")
	check("made good", "ScopeLocked")
	delete(answers, http.MethodDelete)
	g.do(http.MethodDelete, vmID+"?api-version=1", "")
	check("all made good", "")
	answers["ok"] = `{"status": "Failed", "error": {"code": "OSProvisioningTimedOut", "message": "it did not come up"}}`
	g.do(http.MethodGet, "/subscriptions/"+testSubscription+"/providers/Microsoft.Compute/locations/x/operations/1?api-version=1", "")
	check("a long operation", "OSProvisioningTimedOut")
	if e := g.LastError(); !strings.Contains(e.Error(), "it did not come up") {
		t.Errorf("it reads %q", e)
	}
}

// Close waits for what is under way, and takes nothing more.
func TestClose(t *testing.T) {
	arrived, leave := make(chan bool), make(chan bool)
	g := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		arrived <- true
		<-leave
		fmt.Fprint(w, `{"late": true}`)
	})
	got := make(chan string)
	go func() {
		r, err := g.try(http.MethodGet, groupID, "")
		got <- fmt.Sprint(r.body, err)
	}()
	<-arrived
	closed := make(chan error)
	go func() { closed <- g.Close() }()
	for { // until it listens no more
		if _, err := g.try(http.MethodGet, "/metadata/endpoints", ""); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	close(leave)
	if text := <-got; text != `{"late": true}<nil>` {
		t.Errorf("under way: %s", text)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}
