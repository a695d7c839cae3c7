package azure

import (
	"fmt"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

// BenchmarkDistribute times a distribution of a managed image, an image version in three regions, and a VHD, in an Azure whose long
// operations take their time, against the slowest of the three alone. Azure's own hours are seconds here, so what Ingot adds weighs
// more than it does there.
//
//	go test ./engine/distribute/azure -run '^$' -bench Distribute -benchtime 3x
func BenchmarkDistribute(b *testing.B) {
	r := newBlobRig(b, azuresim.Options{Pace: 400 * time.Millisecond, Replication: 2 * time.Second, Faults: []*azuresim.Fault{
		{Path: "*/versions/*", Region: "northeurope", Delay: 500 * time.Millisecond, Times: azuresim.Always},
		{Path: "*/versions/*", Region: "uksouth", Delay: time.Second, Times: azuresim.Always}}})
	r.d.Pace = 20 * time.Millisecond
	n := 0
	took := func(pick ...int) time.Duration {
		n++
		r.run, r.dir, r.told = fmt.Sprintf("%08x", n), runDir(b), nil
		all := []plan.Destination{
			{ManagedImage: &plan.ManagedImage{ID: fmt.Sprintf("%s%d", webID, n), Location: place}},
			shared(func(s *plan.SharedImage) { s.Version = fmt.Sprintf("1.%d.0", n) }, place, "northeurope", "uksouth"),
			vhdTo(fmt.Sprintf("%s/own/bench%d.vhd", ownAccount, n)),
		}
		var some []plan.Destination
		for _, i := range pick {
			some = append(some, all[i])
		}
		begun := time.Now()
		if _, err := r.distribute(b.Context(), planFor(some...), false); err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	var slowest, together time.Duration
	for b.Loop() {
		alone := max(took(0), took(1), took(2))
		slowest += alone
		together += took(0, 1, 2)
	}
	b.ReportMetric(slowest.Seconds()/float64(b.N), "slowest-s")
	b.ReportMetric(together.Seconds()/float64(b.N), "together-s")
	b.ReportMetric(100*(together.Seconds()/slowest.Seconds()-1), "%-more")
	b.ReportMetric(0, "ns/op") // the loop has all four in it
}
