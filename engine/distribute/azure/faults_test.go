package azure

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestFaultAtEachCall has each call of a distribution go wrong once, in each way. The distribution succeeds all the same, or says
// what failed; then it is gone on with, and there is in the end what was wanted, and nothing else.
func TestFaultAtEachCall(t *testing.T) {
	for _, f := range []struct {
		name  string
		fault azuresim.Fault
		heals bool // the SDK tries again by itself
		step  int  // only every so-manieth call: what the SDK does itself is the same for all; 0 is each
	}{
		{name: "403", fault: azuresim.Fault{Status: http.StatusForbidden, Code: "AuthorizationFailed"}},
		{name: "404", fault: azuresim.Fault{Status: http.StatusNotFound, Code: "NotFound"}},
		{name: "409", fault: azuresim.Fault{Status: http.StatusConflict, Code: "Conflict"}},
		{name: "429", fault: azuresim.Fault{Status: http.StatusTooManyRequests}, heals: true, step: 7},
		{name: "500 after it was done", fault: azuresim.Fault{Status: http.StatusInternalServerError, After: true}, heals: true, step: 5},
		{name: "drop after it was done", fault: azuresim.Fault{Drop: true, After: true}, heals: true},
		{name: "not JSON", fault: azuresim.Fault{Body: "<html>hello from a proxy</html>"}},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, azuresim.Options{})
			calls := r.once(t, 0, nil, true)
			for n := 1; n <= calls; n += max(f.step, 1) {
				fault := f.fault
				fault.Call = n
				r.once(t, n, &fault, f.heals)
			}
		})
	}
}

// once distributes as a run of its own, with a fault, and goes on without it. It gives how many calls were made.
func (r *rig) once(t *testing.T, n int, f *azuresim.Fault, heals bool) (calls int) {
	t.Helper()
	r.run, r.dir, r.ledger, r.told = fmt.Sprintf("%08x", n+1), runDir(t), nil, nil
	image := fmt.Sprintf("%s%d", webID, n)
	number := fmt.Sprintf("1.%d.0", n)
	p := planFor(
		plan.Destination{ManagedImage: &plan.ManagedImage{ID: image, Location: "northeurope"}},
		shared(func(s *plan.SharedImage) { s.Version = number }, "westeurope", "uksouth"),
	)
	before := len(r.sim.Calls())
	if f != nil {
		r.sim.SetFaults(f)
	}
	_, err := r.distribute(t.Context(), p, false)
	struck := "no call"
	for _, c := range r.sim.Calls()[before:] {
		if c.Number > 0 { // none of a poll, which is no matter of a distribution but of the SDK
			calls++
		}
		if c.Fault {
			struck = c.Method + " " + c.Path
		}
	}
	r.sim.SetFaults()
	if err != nil {
		if heals {
			t.Errorf("%s: the distribution failed: %v", struck, err)
		}
		if _, err := r.distribute(t.Context(), p, true); err != nil {
			t.Errorf("%s: it cannot be gone on with: %v", struck, err)
			return calls
		}
	}
	if len(r.ledger) > 0 {
		t.Errorf("%s: in the ledger is left %v", struck, r.ledger)
	}
	for _, id := range []string{image, webDef + "/versions/" + number} {
		if state := r.property(id, "properties", "provisioningState"); state != "Succeeded" {
			t.Errorf("%s: %s is in state %v", struck, id, state)
		}
	}
	for _, id := range r.sim.Resources() {
		if strings.Contains(id, "ingot-") {
			t.Errorf("%s: there is still %s", struck, id)
		}
	}
	return calls
}
