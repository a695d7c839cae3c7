package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/internal/testtools"
)

// TestSample proves a part of it, another one each time: make faults proves all. The seed is printed, so that a red one can be had again.
func TestSample(t *testing.T) {
	testtools.AzurePlugin(t) // or skip
	notes := filepath.Join(t.TempDir(), "notes.json")
	var out bytes.Buffer
	green, err := run(t.Context(), options{
		ingot: testtools.Ingot(t), sample: 16, kills: 5, interrupts: 3, jobs: 4, notes: notes,
	}, &out, io.Discard)
	t.Logf("%s", out.String())
	if err != nil {
		t.Fatal(err)
	}
	if !green {
		t.Error("something is red; have it again with: go run ./cmd/internal/proof/faults -seed SEED -sample 16 -kills 5 -interrupts 3 bin/ingot")
	}
	text, err := os.ReadFile(notes)
	var kept struct {
		Cells []cell
		Cuts  []cut
	}
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil || len(kept.Cells) != 16 || len(kept.Cuts) != 8 {
		t.Errorf("the notes have %d cells and %d cuts, %v", len(kept.Cells), len(kept.Cuts), err)
	}
}

func TestNameOf(t *testing.T) {
	const group = "/subscriptions/s/resourceGroups/g"
	for _, tt := range []struct{ method, path, want string }{
		{"GET", "/subscriptions/s", "GET subscriptions"},
		{"PUT", group, "PUT resourceGroups"},
		{"GET", strings.ToLower(group), "GET resourceGroups"},
		{"GET", group + "/resources", "GET resourceGroups/resources (list)"},
		{"PUT", group + "/providers/Microsoft.Compute/virtualMachines/vm", "PUT Microsoft.Compute/virtualMachines"},
		{"POST", group + "/providers/Microsoft.Compute/virtualMachines/vm/deallocate", "POST Microsoft.Compute/virtualMachines/deallocate"},
		{"GET", group + "/providers/Microsoft.Compute/galleries/a/images/b/versions/1.0.0", "GET Microsoft.Compute/galleries/images/versions"},
		{"GET", "/subscriptions/s/providers/Microsoft.Compute/locations/w/operations/o", "GET Microsoft.Compute/locations/operations"},
		{"POST", "/tenant/oauth2/v2.0/token", "POST token"},
		{"GET", "/msi/token", "GET token"},
		{"GET", "/metadata/endpoints", "GET metadata"},
		{"HEAD", "/vhds/web.vhd", "HEAD blob"},
	} {
		if got := nameOf(tt.method, tt.path); got != tt.want {
			t.Errorf("%s %s: got %q, want %q", tt.method, tt.path, got, tt.want)
		}
	}
}

// TestJudge holds that what must not be is red.
func TestJudge(t *testing.T) {
	col := func(name string) *column {
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		return &columns[i]
	}
	because := func(why string) []rig.Problem { return []rig.Problem{{What: "the build failed", Why: why}} }
	for _, tt := range []struct {
		name string
		col  *column
		out  rig.Outcome
		red  bool
	}{
		{"it went well", col("403"), rig.Outcome{}, false},
		{"a refusal that is explained", col("403"), rig.Outcome{Code: 1, Problems: because("AuthorizationFailed")}, false},
		{"a refusal that is not", col("403"), rig.Outcome{Code: 1, Problems: because("something")}, true},
		{"no word", col("403"), rig.Outcome{Code: 1}, true},
		{"an exit code that says something else", col("403"), rig.Outcome{Code: 2, Problems: because("AuthorizationFailed")}, true},
		{"a hang", col("stuck"), rig.Outcome{Code: -1}, true},
		{"no second try", col("500"), rig.Outcome{Code: 1, Problems: because("InternalServerError")}, true},
	} {
		if wrong := tt.col.judge(tt.out); (len(wrong) > 0) != tt.red {
			t.Errorf("%s: %q", tt.name, wrong)
		}
	}
}

// TestRule holds that a fault is for its own call, and for no other one.
func TestRule(t *testing.T) {
	const version = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/a/images/b/versions/1"
	fault := columns[0].rule("GET Microsoft.Compute/galleries/images")
	if fault.Fits("GET", version) || !fault.Fits("GET", strings.TrimSuffix(version, "/versions/1")) {
		t.Error("it is for another call")
	}
	if f := (azuresim.Fault{}); fault.Times != f.Times {
		t.Error("it happens more than once")
	}
}
