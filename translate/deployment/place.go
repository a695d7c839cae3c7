package deployment

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// The placeholders of Params.
const (
	placeholderGUID = "00000000-0000-0000-0000-000000000000"
	placeholderName = "local"
)

// place is where the resources of a template land. The objects are what the functions of these names return there;
// those above the level are nil.
type place struct {
	level                                        armexpr.Level
	tenant, managementGroup, subscription, group *armjson.Node
	location                                     *armjson.Node // of the deployment, above resource groups
}

// context is what expressions see of a place.
func (p *place) context(x *expansion) armexpr.Context {
	c := armexpr.Context{Level: p.level, Tenant: p.tenant, ManagementGroup: p.managementGroup,
		Subscription: p.subscription, ResourceGroup: p.group, Cloud: x.cloud(), Now: x.params.Now, GUID: x.params.GUID}
	if given := x.params.Context; given != nil {
		if c.Now.IsZero() {
			c.Now, _ = time.Parse(time.RFC3339, textOf(given.Get("utcNow")))
		}
		c.Zones, c.ZoneMappings = objectOf(given, "zones"), objectOf(given, "zoneMappings")
	}
	c.Deployer = filled(objectOf(x.params.Context, "deployer"), "tenantId", p.tenant.Get("tenantId"),
		"objectId", unknownText("deployer().objectId", "who deploys is known in the deployment only", ""),
		"userPrincipalName", unknownText("deployer().userPrincipalName", "who deploys is known in the deployment only",
			""))
	return c
}

func (x *expansion) cloud() string {
	return cmp.Or(x.params.Cloud, textOf(x.params.Context.Get("cloud")))
}

// objectOf returns a member that is an object; nil for anything else.
func objectOf(n *armjson.Node, name string) *armjson.Node {
	if v := n.Get(name); v != nil && v.Kind == armjson.Object {
		return v
	}
	return nil
}

// filled returns an object with more members, given as names and *armjson.Node in turn, for those that it does not
// have; a nil value is left out.
func filled(n *armjson.Node, pairs ...any) *armjson.Node {
	var list []armjson.Member
	if n != nil {
		list = append(list, n.Members...)
	}
	for i := 0; i < len(pairs); i += 2 {
		v, _ := pairs[i+1].(*armjson.Node)
		if v != nil && n.Get(pairs[i].(string)) == nil {
			list = append(list, armjson.Member{Key: pairs[i].(string), Value: v})
		}
	}
	return armjson.NewObject(list)
}

func unknownText(form, why, fix string) *armjson.Node {
	return armjson.NewUnknown(armjson.Missing{Kind: armjson.String, Form: form, Why: why, Fix: fix})
}

// joined makes a text of texts and *armjson.Node in turn; it is not known if one of them is not.
func joined(form string, parts ...any) *armjson.Node {
	var text strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			text.WriteString(part)
		case *armjson.Node:
			if part != nil && part.Kind == armjson.Unknown {
				return unknownText(form, part.Unknown.Why, part.Unknown.Fix)
			}
			text.WriteString(textOf(part))
		}
	}
	return armjson.NewString(text.String())
}

// rootPlace is where the outermost template goes: what the flags say, else the context, else placeholders.
func (x *expansion) rootPlace(root *armjson.Node) *place {
	p, c := &x.params, x.params.Context
	x.checkContext(root)
	full := &place{level: rootLevel(root, c)}

	tenant := objectOf(c, "tenant")
	full.tenant = x.tenantNamed(tenant, cmp.Or(p.TenantID, textOf(tenant.Get("tenantId")),
		textOf(c.Get("subscription").Get("tenantId")), placeholderGUID))

	sub := objectOf(c, "subscription")
	id := cmp.Or(p.SubscriptionID, textOf(sub.Get("subscriptionId")),
		path.Base(cmp.Or(textOf(sub.Get("id")), placeholderGUID)))
	if p.SubscriptionID != "" && !strings.EqualFold(p.SubscriptionID, textOf(sub.Get("subscriptionId"))) {
		sub = nil // the context describes another one
	}
	full.subscription = full.subscriptionNamed(sub, armjson.NewString(id))

	group := objectOf(c, "resourceGroup")
	name := cmp.Or(p.ResourceGroup, textOf(group.Get("name")),
		path.Base(cmp.Or(textOf(group.Get("id")), placeholderName)))
	if p.ResourceGroup != "" && !strings.EqualFold(p.ResourceGroup, textOf(group.Get("name"))) ||
		p.SubscriptionID != "" && sub == nil {
		group = nil
	}
	full.group = x.groupNamed(full.subscription, group, armjson.NewString(name), p.Location)

	management := objectOf(c, "managementGroup")
	name = cmp.Or(p.ManagementGroup, textOf(management.Get("name")),
		path.Base(cmp.Or(textOf(management.Get("id")), placeholderName)))
	if p.ManagementGroup != "" && !strings.EqualFold(p.ManagementGroup, textOf(management.Get("name"))) {
		management = nil
	}
	full.managementGroup = full.managementGroupNamed(management, armjson.NewString(name))

	if full.level > armexpr.ResourceGroupLevel {
		full.location = c.Get("deployment").Get("location")
		if p.Location != "" {
			full.location = armjson.NewString(p.Location)
		}
		if full.location == nil {
			full.location = unknownText("deployment().location",
				"the region that the deployment is kept in is not in the template", fixLocation)
		}
	}
	return full.cut()
}

const fixLocation = "add --location REGION"

// cut drops what does not exist above a level.
func (p *place) cut() *place {
	if p.level > armexpr.ResourceGroupLevel {
		p.group = nil
	}
	if p.level > armexpr.SubscriptionLevel {
		p.subscription = nil
	}
	return p
}

// checkContext reports members of a context file of the wrong type; what they say would be lost.
func (x *expansion) checkContext(root *armjson.Node) {
	if c := x.params.Context; c != nil {
		x.knowFile(c)
		for _, m := range c.Members {
			switch m.Key {
			case "subscription", "resourceGroup", "managementGroup", "tenant", "deployment", "deployer", "zones",
				"zoneMappings":
				if m.Value.Kind != armjson.Object && m.Value.Kind != armjson.Null {
					_ = x.report(CodeShape, m.Value.Range,
						fmt.Sprintf("%q is %s where an object is wanted", m.Key, m.Value.Kind), "", "")
				}
			case "utcNow":
				if _, err := time.Parse(time.RFC3339, textOf(m.Value)); err != nil {
					_ = x.report(CodeShape, m.Value.Range, "\"utcNow\" is no time as RFC 3339 writes it", "",
						`write it like "2026-01-31T08:30:00Z"`)
				}
			}
		}
	}
	if err := armexpr.CheckCloud(x.cloud()); err != nil {
		_ = x.report(CodeShape, diag.Range{File: root.Range.File}, err.Summary, "", err.Fix)
	}
}

// rootLevel is how high the outermost template goes, by the context, else by the schema that it names.
func rootLevel(root, context *armjson.Node) armexpr.Level {
	levels := map[string]armexpr.Level{"resourcegroup": armexpr.ResourceGroupLevel,
		"subscription":    armexpr.SubscriptionLevel,
		"managementgroup": armexpr.ManagementGroupLevel, "tenant": armexpr.TenantLevel}
	if level, ok := levels[strings.ToLower(textOf(context.Get("deploymentScope")))]; ok {
		return level
	}
	schema := strings.ToLower(textOf(root.Get("$schema")))
	for name, level := range levels {
		if strings.Contains(schema, "/"+name+"deploymenttemplate") {
			return level
		}
	}
	return armexpr.ResourceGroupLevel
}

func (x *expansion) tenantNamed(known *armjson.Node, id string) *armjson.Node {
	const why = "what a tenant is called is known in the deployment only"
	n := armjson.NewString(id)
	if x.params.TenantID != "" && !strings.EqualFold(x.params.TenantID, textOf(known.Get("tenantId"))) {
		known = nil
	}
	return filled(known, "id", joined("", "/tenants/", n), "tenantId", n,
		"displayName", unknownText("tenant().displayName", why, ""), "countryCode",
		unknownText("tenant().countryCode", why, ""))
}

func (p *place) managementGroupNamed(known, name *armjson.Node) *armjson.Node {
	const prefix = "/providers/Microsoft.Management/managementGroups"
	return filled(known, "id", joined("managementGroup().id", prefix+"/", name), "name", name, "type",
		armjson.NewString(prefix), "properties", filled(nil, "tenantId", p.tenant.Get("tenantId"), "displayName",
			unknownText("managementGroup().properties.displayName",
				"what a management group is called is known in the deployment only", "")))
}

func (p *place) subscriptionNamed(known, id *armjson.Node) *armjson.Node {
	return filled(known, "id", joined("subscription().id", "/subscriptions/", id), "subscriptionId", id, "tenantId",
		p.tenant.Get("tenantId"),
		"displayName", unknownText("subscription().displayName",
			"what a subscription is called is known in the deployment only", ""))
}

func (x *expansion) groupNamed(subscription, known, name *armjson.Node, location string) *armjson.Node {
	where := unknownText("resourceGroup().location",
		fmt.Sprintf("the region of resource group %q is not in the template", short(plain(name))), fixLocation)
	if location != "" {
		where = armjson.NewString(location)
		if known != nil {
			known = known.WithMembers(without(known.Members, "location"))
		}
	}
	return filled(known, "id", joined("resourceGroup().id", subscription.Get("id"), "/resourceGroups/", name), "name",
		name, "type", armjson.NewString("Microsoft.Resources/resourceGroups"), "location", where,
		"tags", armjson.NewUnknown(armjson.Missing{Kind: armjson.Object, Form: "resourceGroup().tags",
			Why: "the tags of the resource group are known in the deployment only"}),
		"properties", filled(nil, "provisioningState", armjson.NewString("Succeeded")))
}

func without(list []armjson.Member, name string) []armjson.Member {
	var kept []armjson.Member
	for _, m := range list {
		if !strings.EqualFold(m.Key, name) {
			kept = append(kept, m)
		}
	}
	return kept
}

// id is the id of the place itself, "" for the tenant; a part that is not known is its expression in brackets.
func (p *place) id() string {
	switch p.level {
	case armexpr.ResourceGroupLevel:
		return "/subscriptions/" + plain(p.subscription.Get("subscriptionId")) + "/resourceGroups/" +
			plain(p.group.Get("name"))
	case armexpr.SubscriptionLevel:
		return "/subscriptions/" + plain(p.subscription.Get("subscriptionId"))
	case armexpr.ManagementGroupLevel:
		return "/providers/Microsoft.Management/managementGroups/" + plain(p.managementGroup.Get("name"))
	default:
		return ""
	}
}

// resourceID is the id of a resource with the given full type and name. Resource groups have a form of their own.
func (p *place) resourceID(base, typ, name string) string {
	if p.level == armexpr.SubscriptionLevel && strings.EqualFold(typ, "Microsoft.Resources/resourceGroups") {
		return base + "/resourceGroups/" + name
	}
	types, names := strings.Split(typ, "/"), strings.Split(name, "/")
	var id strings.Builder
	id.WriteString(base + "/providers/" + types[0])
	for i, t := range types[1:] {
		id.WriteString("/" + t)
		if i < len(names) {
			id.WriteString("/" + names[i])
		}
	}
	return id.String()
}

// inSubscription is the place of a subscription, seen from p.
func (p *place) inSubscription(id *armjson.Node) *place {
	c := *p
	c.level, c.group = armexpr.SubscriptionLevel, nil
	if p.subscription == nil || !strings.EqualFold(plain(p.subscription.Get("subscriptionId")), plain(id)) {
		c.subscription = p.subscriptionNamed(nil, id)
	}
	return &c
}

// inGroup is the place of a resource group of p's subscription.
func (p *place) inGroup(x *expansion, name *armjson.Node) *place {
	c := *p
	c.level, c.location = armexpr.ResourceGroupLevel, nil
	if p.group == nil || !strings.EqualFold(plain(p.group.Get("name")), plain(name)) {
		c.group = x.groupNamed(p.subscription, nil, name, x.params.Location)
	}
	return &c
}

func (p *place) inManagementGroup(name *armjson.Node) *place {
	c := *p
	c.level, c.group, c.subscription = armexpr.ManagementGroupLevel, nil, nil
	if p.managementGroup == nil || !strings.EqualFold(plain(p.managementGroup.Get("name")), plain(name)) {
		c.managementGroup = p.managementGroupNamed(nil, name)
	}
	return &c
}

func (p *place) inTenant() *place {
	c := *p
	c.level, c.group, c.subscription = armexpr.TenantLevel, nil, nil
	return &c
}
