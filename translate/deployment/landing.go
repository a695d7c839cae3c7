package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// findPlace works out where the resource lands, and the id of what it is deployed to or extends.
func (r *instance) findPlace(f *frame) {
	r.place = r.b.place
	if r.parent != nil {
		r.place, r.base = r.parent.place, r.parent.base
		return
	}
	var where [3]*armjson.Node
	for i, name := range []string{"subscriptionId", "resourceGroup", "scope"} {
		v, err := f.textIn(r.node, name)
		if err != nil {
			r.broken = true
			return
		}
		where[i] = v
	}
	if !r.chargeTexts(where[:]...) {
		return
	}
	if where[0] != nil || where[1] != nil {
		r.move(where[0], where[1])
	}
	r.base = r.place.id()
	if scope := where[2]; scope != nil && !r.broken {
		if strings.EqualFold(textOf(r.typ), deploymentType) {
			r.moveToScope(scope)
			return
		}
		r.base = extended(r.base, plain(scope))
	}
}

// chargeTexts counts the copies that are made of texts, in ids above all: a text of megabytes takes its evaluation
// nothing when it is a parameter. It is false, and that was reported, when it is too much.
func (r *instance) chargeTexts(texts ...*armjson.Node) bool {
	const copies = 8
	size := int64(0)
	for _, v := range texts {
		if v != nil {
			size += copies * v.Weight()
		}
	}
	if err := r.b.x.budget.Charge(size); err != nil {
		_ = r.b.x.overBudget(r.node.Range, err)
		r.broken = true
	}
	return !r.broken
}

// move follows the members subscriptionId and resourceGroup; either may be nil.
func (r *instance) move(subscription, group *armjson.Node) {
	p := r.place
	if subscription != nil && (group == nil || p.subscription == nil ||
		!strings.EqualFold(plain(subscription), plain(p.subscription.Get("subscriptionId")))) {
		p = p.inSubscription(subscription)
	}
	if group != nil {
		if p.subscription == nil {
			_ = r.b.x.report(CodeShape, r.node.Member("resourceGroup").KeyRange,
				"a resource group is named, and no subscription",
				"the template is deployed to "+p.level.String(), `add "subscriptionId"`)
			r.broken = true
			return
		}
		p = p.inGroup(r.b.x, group)
	}
	r.place = p
}

// extended is the id of what a resource with a scope extends: the scope is an id, or the part of one behind
// "/providers/", below the place that the template is deployed to. "/" is the tenant.
func extended(base, scope string) string {
	const management = "microsoft.management/managementgroups/"
	switch lower := strings.ToLower(scope); {
	case strings.HasPrefix(scope, "/"):
		return strings.TrimSuffix(scope, "/")
	case strings.HasPrefix(lower, management):
		return "/providers/" + scope
	case strings.HasPrefix(lower, "subscriptions/"), strings.HasPrefix(lower, "providers/"):
		return "/" + scope
	default:
		return base + "/providers/" + strings.TrimSuffix(scope, "/")
	}
}

// moveToScope follows the scope of a nested deployment: the tenant, a management group, a subscription or a resource
// group.
func (r *instance) moveToScope(scope *armjson.Node) {
	p := r.place
	if scope.Kind == armjson.Unknown {
		r.b.x.warnUnknown(r.node.Get("scope"), "where this deployment goes is not known before the deployment", scope)
		r.base = p.id()
		return
	}
	parts := strings.Split(strings.Trim(scope.Text, "/"), "/")
	lower := strings.Split(strings.ToLower(strings.Trim(scope.Text, "/")), "/")
	if len(lower) > 1 && lower[0] == "providers" {
		parts, lower = parts[1:], lower[1:]
	}
	switch {
	case strings.Trim(scope.Text, "/") == "" && scope.Text != "":
		p = p.inTenant()
	case len(lower) == 3 && lower[0] == "microsoft.management" && lower[1] == "managementgroups":
		p = p.inManagementGroup(armjson.NewString(parts[2]))
	case len(lower) == 2 && lower[0] == "subscriptions":
		p = p.inSubscription(armjson.NewString(parts[1]))
	case len(lower) == 4 && lower[0] == "subscriptions" && lower[2] == "resourcegroups":
		p = p.inSubscription(armjson.NewString(parts[1])).inGroup(r.b.x, armjson.NewString(parts[3]))
	default:
		_ = r.b.x.report(CodeShape, r.node.Get("scope").Range,
			fmt.Sprintf("%q is no scope that a deployment can have", shorten(scope.Text)),
			`it is "/" for the tenant, or a management group: "Microsoft.Management/managementGroups/NAME"`, "")
		r.broken = true
		return
	}
	r.place, r.base = p, p.id()
}
