package preflight

import (
	"testing"

	"github.com/ingot-build/ingot/translate/plan"
)

func TestSubscription(t *testing.T) {
	staging := &plan.Plan{Azure: plan.Azure{StagingResourceGroup: "/subscriptions/s1/resourceGroups/g"}}
	output := &plan.Plan{Destinations: []plan.Destination{{VHD: &plan.VHD{}},
		{SharedImage: &plan.SharedImage{DefinitionID: "/subscriptions/s2/resourceGroups/g"}}}}
	source := &plan.Plan{Source: plan.Source{ManagedImage: &plan.ImageRef{ID: "/subscriptions/s3/resourceGroups/g"}}}
	for _, tt := range []struct {
		name         string
		plan         *plan.Plan
		asked, usual string
		want         string
	}{
		{"asked for", staging, "s8", "s9", "s8"},
		{"the staging group's", staging, "", "s9", "s1"},
		{"the managed source's", source, "", "s9", "s3"},
		{"the usual one before an output's", output, "", "s9", "s9"},
		{"an output's", output, "", "", "s2"},
		{"none", &plan.Plan{}, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Subscription(tt.plan, tt.asked, tt.usual); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
