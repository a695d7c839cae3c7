package preflight

import (
	"cmp"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// Subscription is the one that a plan is built in: the one that is asked for, the one that the plan's ids cannot do without, the usual one, or
// that of a destination. "" is none.
func Subscription(p *plan.Plan, asked, usual string) string {
	needed := []string{p.Azure.StagingResourceGroup, p.Azure.Network.SubnetID}
	if m := p.Source.ManagedImage; m != nil {
		needed = append(needed, m.ID)
	}
	var named []string
	for _, d := range p.Destinations {
		if m := d.ManagedImage; m != nil {
			named = append(named, m.ID)
		}
		if s := d.SharedImage; s != nil {
			named = append(named, s.DefinitionID)
		}
	}
	return cmp.Or(asked, firstSubscription(needed), usual, firstSubscription(named))
}

// firstSubscription is that of the first id that has one.
func firstSubscription(ids []string) string {
	for _, id := range ids {
		part := strings.Split(strings.Trim(id, "/"), "/")
		if len(part) > 1 && strings.EqualFold(part[0], "subscriptions") {
			return part[1]
		}
	}
	return ""
}
