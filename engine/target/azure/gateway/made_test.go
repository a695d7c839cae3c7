package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// absent answers as if nothing were there, and takes everything.
func absent(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error": {"code": "ResourceNotFound", "message": "no"}}`)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, "{}")
}

// A resource is recorded before the request that makes it is sent, and once.
func TestRecordedFirst(t *testing.T) {
	g := start(t, Options{}, absent)
	small := strings.ReplaceAll(snapshotID, "resourceGroups", "resourcegroups") // as the older plugin writes it
	g.do(http.MethodPut, small+"?api-version=1", `{}`)
	g.do(http.MethodPut, strings.ToUpper(snapshotID[:60])+snapshotID[60:]+"?api-version=1", `{}`)
	g.do(http.MethodPatch, groupID+"?api-version=1", `{}`)
	upper := strings.ToUpper(snapshotID[:60]) + snapshotID[60:]
	want := []string{"GET " + snapshotID, "created " + snapshotID, "PUT " + small, "PUT " + upper,
		"GET " + groupID, "created " + groupID, "PATCH " + groupID}
	if got := g.took(); !slices.Equal(got, want) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
}

// Without a record nothing is sent.
func TestNotRecorded(t *testing.T) {
	g := start(t, Options{Created: func(context.Context, string) error { return errLedger }}, absent)
	r := g.do(http.MethodPut, snapshotID+"?api-version=1", `{}`)
	if r.status != http.StatusConflict || !strings.Contains(r.body, codeNotRecorded) || !strings.Contains(r.body, errLedger.Error()) {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if got, want := g.took(), []string{"GET " + snapshotID}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if e := g.LastError(); e == nil || e.Code != codeNotRecorded || e.Unwrap() != nil {
		t.Errorf("last error: %v", e)
	}
}

// What is there already is not the run's: it is not recorded, and not deleted.
func TestThereAlready(t *testing.T) {
	g := start(t, Options{}, nil)
	if r := g.do(http.MethodPut, snapshotID+"?api-version=1", `{}`); r.status != 200 {
		t.Fatal(r)
	}
	if r := g.do(http.MethodDelete, snapshotID+"?api-version=1", ""); r.status != 403 || !strings.Contains(r.body, codeRefused) {
		t.Errorf("deleted: %d %s", r.status, r.body)
	}
	want := []string{"GET " + snapshotID, "PUT " + snapshotID, "GET " + snapshotID}
	if got := g.took(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Where it cannot be told whose something is, nothing is done.
func TestWhoseUnknown(t *testing.T) {
	for status, want := range map[int]int{403: 403, 401: 403, 500: 503, 503: 503} {
		g := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"error": {"code": "AuthorizationFailed", "message": "you may not look"}}`)
		})
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			if r := g.do(method, snapshotID+"?api-version=1", `{}`); r.status != want {
				t.Errorf("%s where Azure answers %d: %d %s", method, status, r.status, r.body)
			}
		}
		if got := g.took(); slices.ContainsFunc(got, func(s string) bool { return !strings.HasPrefix(s, "GET ") }) {
			t.Errorf("sent: %q", got)
		}
	}
}

// The staging group is the run's with all that is in it, and stays all the same.
func TestKnown(t *testing.T) {
	g := start(t, Options{Known: []string{groupID + "/"}}, absent)
	g.do(http.MethodPut, snapshotID+"?api-version=1", `{}`)
	g.do(http.MethodDelete, snapshotID+"?api-version=1", "")
	if r := g.do(http.MethodDelete, strings.ToLower(groupID)+"?api-version=1", ""); r.status != 403 {
		t.Errorf("the group is deleted: %d", r.status)
	}
	if r := g.do(http.MethodDelete, groupID+"2/providers/Microsoft.Compute/snapshots/os?api-version=1", ""); r.status != 404 {
		t.Errorf("of a group with a similar name: %d", r.status)
	}
	want := []string{"created " + snapshotID, "PUT " + snapshotID, "DELETE " + snapshotID,
		"GET " + groupID + "2/providers/Microsoft.Compute/snapshots/os"}
	if got := g.took(); !slices.Equal(got, want) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
}

// The disks of a machine are resources of their own.
func TestDisks(t *testing.T) {
	disk := func(name string) string { return "created " + groupID + "/providers/Microsoft.Compute/disks/" + name }
	for _, tt := range []struct {
		name, storage string
		want          []string // nil: it is refused
	}{
		{"named", `"osDisk": {"name": "os", "createOption": "FromImage"}, "dataDisks": [{"name": "d0", "createOption": "Empty"}]`,
			[]string{disk("os"), disk("d0")}},
		{"attached", `"osDisk": {"name": "os", "createOption": "attach", "managedDisk": {"id": "x"}}`, []string{}},
		{"no disk", ``, []string{}},
		{"no name", `"osDisk": {"createOption": "FromImage"}`, nil},
		{"a number for a name", `"osDisk": {"name": 3}`, nil},
		{"a path for a name", `"osDisk": {"name": "../x"}`, nil},
		{"a longer path for a name", `"osDisk": {"name": "a/b/c"}`, nil},
		{"unmanaged", `"osDisk": {"name": "os", "vhd": {"uri": "https://a.blob/x.vhd"}}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := start(t, Options{Known: []string{groupID}}, absent)
			r := g.do(http.MethodPut, vmID+"?api-version=1", `{"properties": {"storageProfile": {`+tt.storage+`}}}`)
			want := append([]string{"created " + vmID}, append(tt.want, "PUT "+vmID)...)
			if tt.want == nil {
				want = nil
			}
			if got := g.took(); !slices.Equal(got, want) || (r.status == 201) != (want != nil) {
				t.Errorf("%d %s (-want +got):\n%s", r.status, r.body, cmp.Diff(want, got))
			}
		})
	}
}

// Disks that Azure itself names are recorded when they are seen.
func TestDisksSeen(t *testing.T) {
	disks := groupID + "/providers/Microsoft.Compute/disks/"
	g := start(t, Options{Known: []string{groupID}}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"properties": {"storageProfile": {"osDisk": {"name": "os", "managedDisk": {"id": %q}}, "dataDisks": [
			{"createOption": "FromImage", "managedDisk": {"id": %q}}, {"createOption": "Attach", "managedDisk": {"id": %q}},
			{"managedDisk": {"id": "nonsense"}}, {}]}}}`, disks+"os", disks+"vm_DataDisk_0_3f2a", disks+"yours")
	})
	for range 2 {
		g.do(http.MethodGet, vmID+"?api-version=1", "")
	}
	g.do(http.MethodGet, strings.Replace(vmID, "build", "other", 1)+"?api-version=1", "") // not the run's
	got := slices.DeleteFunc(g.took(), func(s string) bool { return strings.HasPrefix(s, "GET") })
	if want := []string{"created " + disks + "vm_DataDisk_0_3f2a", "created " + disks + "os"}; !slices.Equal(got, want) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
}
