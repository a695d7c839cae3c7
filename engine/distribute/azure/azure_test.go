package azure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

func TestImageAndVersions(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	p := planFor(
		managed("West Europe"),
		shared(func(s *plan.SharedImage) { s.Regions[1].ReplicaCount = 3; s.ExcludeFromLatest = true }, "westeurope", "North Europe"),
		shared(func(s *plan.SharedImage) { s.Version, s.Scheme = "", plan.SchemeLatest }),
	)
	out, err := r.distribute(t.Context(), p, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range out {
		got = append(got, o.Name+" "+o.Type+" "+o.ArtifactID)
	}
	want := []string{"out0 ManagedImage " + webID, "out1 SharedImage " + webDef + "/versions/1.0.0",
		"out2 SharedImage " + webDef + "/versions/1.0.1"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(r.ledger) > 0 {
		t.Errorf("not struck: %v", r.ledger)
	}
	if d := cmp.Diff([]string{"images/web", "snapshots/os", "versions/1.0.0", "versions/1.0.1"}, r.left()); d != "" {
		t.Error(d)
	}
	t.Log(r.said("distribute[1]"))
	t.Log(r.sim.Resource(webDef + "/versions/1.0.0"))
}
