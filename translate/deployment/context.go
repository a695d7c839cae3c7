package deployment

import (
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// The placeholders of Params.
const (
	placeholderGUID = "00000000-0000-0000-0000-000000000000"
	placeholderName = "local"
)

func (p Params) context(level armexpr.Level) *armexpr.Context {
	or := func(s, placeholder string) string {
		if s == "" {
			return placeholder
		}
		return s
	}
	object := func(pairs ...string) *armjson.Node {
		var members []armjson.Member
		for i := 0; i < len(pairs); i += 2 {
			members = append(members, armjson.Member{Key: pairs[i], Value: armjson.NewString(pairs[i+1])})
		}
		return armjson.NewObject(members)
	}
	subscription := or(p.SubscriptionID, placeholderGUID)
	group := or(p.ResourceGroup, placeholderName)
	return &armexpr.Context{
		Level:        level,
		Subscription: object("id", "/subscriptions/"+subscription, "subscriptionId", subscription, "tenantId", placeholderGUID),
		ResourceGroup: object("id", "/subscriptions/"+subscription+"/resourceGroups/"+group, "name", group,
			"type", "Microsoft.Resources/resourceGroups", "location", or(p.Location, placeholderName)),
	}
}
