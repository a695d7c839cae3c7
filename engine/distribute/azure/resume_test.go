package azure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

// errKilled is how a test ends a distribution at a place. What it does after that, a killed process would not do: the journal and the
// calls of Azure refuse it.
var errKilled = errors.New("killed")

// resumable is a plan that has all of a distribution's transitions, but for those of VHDs.
func resumable(r *rig) *plan.Plan {
	r.gallery("far", "northeurope")
	return planFor(managed("northeurope"),
		shared(func(s *plan.SharedImage) { s.Version, s.Scheme = "", plan.SchemeLatest }, "westeurope", "uksouth"),
		shared(nil, "westeurope", "northeurope"))
}

// wanted is what there has to be in the end, whatever happened on the way.
var wanted = []string{"galleries/far", "images/web", "snapshots/os", "versions/1.0.0", "versions/1.0.1"}

// TestKilledAtEachWrite ends the process at each change of its journal, before and after the next ones of other destinations, and
// goes on with another one. Nothing is made twice, and nothing is left.
func TestKilledAtEachWrite(t *testing.T) {
	writes := 0
	{
		r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{regionFault("uksouth", 1)}})
		r.d.written = func() error { writes++; return nil }
		if _, err := r.distribute(t.Context(), resumable(r), false); err != nil {
			t.Fatal(err)
		}
	}
	if writes < 10 {
		t.Fatalf("the journal was written %d times only", writes)
	}
	for n := 1; n <= writes; n++ {
		t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{regionFault("uksouth", 1)}})
			p := resumable(r)
			ctx, kill := context.WithCancelCause(t.Context())
			seen := 0
			r.d.written = func() error {
				if seen++; seen >= n {
					kill(errKilled)
					return errKilled // the dead write nothing more
				}
				return nil
			}
			_, _ = r.distribute(ctx, p, false) // whatever it makes of its end
			if seen < n {
				t.Fatalf("it was over after %d writes", seen)
			}
			r.d.written = nil
			out, err := r.distribute(t.Context(), p, false)
			if err != nil {
				t.Fatalf("after the kill: %v\n%s", err, journalText(r))
			}
			if slices.Contains(out, nil) {
				t.Errorf("outputs: %v", artifacts(out))
			}
			if d := cmp.Diff(wanted, r.left()); d != "" {
				t.Errorf("left:\n%s", d)
			}
			if len(r.ledger) > 0 {
				t.Errorf("not struck: %v", r.ledger)
			}
		})
	}
}

func journalText(r *rig) string {
	text, _ := os.ReadFile(filepath.Join(r.dir, JournalName)) // only to be shown
	return string(text)
}

// TestSnapshotIsGone: there is nothing to go on from.
func TestSnapshotIsGone(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	done(r.compute.NewSnapshotsClient().BeginDelete(t.Context(), "staging", "os", nil))(t)
	var gone *GoneError
	if _, err := r.distribute(t.Context(), planFor(managed(place)), false); !errors.As(err, &gone) || gone.Snapshot != osSnap {
		t.Errorf("the error is %v", err)
	}
}

func TestJournalThatIsNone(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "it is damaged"},
		{"cut", `{"format": 1, "run": "3f2a`, "it is damaged"},
		{"of a later Ingot", `{"format": 2}`, "its format is 2"},
		{"of another run", `{"format": 1, "run": "00000000"}`, "it is of run 00000000"},
		{"of another plan", `{"format": 1, "run": "3f2a9c1e", "destinations": [{"id": "distribute[0]", "name": "x", "type": "VHD"}]}`,
			"its destinations are not those"},
		{"done without an output", `{"format": 1, "run": "3f2a9c1e", "destinations": [{"state": "done"}]}`, "has no output"},
		{"of another snapshot", `{"format": 1, "run": "3f2a9c1e",
			"destinations": [{"id": "distribute[0]", "name": "out0", "type": "ManagedImage"}],
			"snapshot": {"osDisk": "/x"}}`, `it is about snapshot "/x"`},
		{"endless", `{"run": "` + strings.Repeat("x", maxJournal) + `"}`, "over 8 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, azuresim.Options{})
			if err := os.WriteFile(filepath.Join(r.dir, JournalName), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := r.distribute(t.Context(), planFor(managed(place)), false)
			var bad *JournalError
			if !errors.As(err, &bad) || !strings.Contains(bad.Error(), tt.want) || bad.Fix() == "" {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// TestJournalCannotBeWritten: what is not journalled is not asked for.
func TestJournalCannotBeWritten(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.dir = filepath.Join(r.dir, "gone")
	before := len(r.sim.Calls())
	if _, err := r.distribute(t.Context(), planFor(managed(place)), false); err == nil ||
		!strings.Contains(err.Error(), "write the journal of the distribution") {
		t.Errorf("the error is %v", err)
	}
	if calls := r.sim.Calls()[before:]; len(calls) > 0 {
		t.Errorf("calls: %v", calls)
	}
}
