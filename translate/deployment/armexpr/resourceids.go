package armexpr

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

func resourceIDFunctions() []Function {
	return []Function{
		{Name: "resourceId", Group: Resources,
			Summary: "the id of a resource: [subscription], [resource group], type, names",
			Min:     2, Max: -1, Result: armjson.String, Eval: resourceID},
		{Name: "subscriptionResourceId", Group: Resources,
			Summary: "the id of a resource of a subscription: [subscription], type, names",
			Min:     2, Max: -1, Result: armjson.String, Eval: subscriptionResourceID},
		{Name: "tenantResourceId", Group: Resources, Summary: "the id of a resource of the tenant: type, names",
			Min: 2, Max: -1, Result: armjson.String, Eval: tenantResourceID},
		{Name: "managementGroupResourceId", Group: Resources,
			Summary: "the id of a resource of a management group: [management group], type, names",
			Min:     2, Max: -1, Result: armjson.String, Eval: managementGroupResourceID},
		{Name: "extensionResourceId", Group: Resources,
			Summary: "the id of a resource that extends another: its id, type, names",
			Min:     3, Max: -1, Result: armjson.String, Eval: extensionResourceID},
	}
}

// guidForm is the written form of a subscription id.
var guidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// resourceID is resourceId([subscriptionId], [resourceGroup], type, name...): the type is the first argument with a
// slash, and there is one name for each of its segments behind the namespace.
func resourceID(a *Args) (*armjson.Node, error) {
	at, err := a.typeAt(2)
	if err != nil {
		return nil, err
	}
	c := a.Env.Context
	level, sub, group := c.Level, c.Subscription.Get("subscriptionId"), c.ResourceGroup.Get("name")
	switch given := a.Values[:at]; {
	case at == 1 && (level == SubscriptionLevel || level > SubscriptionLevel && guidForm.MatchString(given[0].Text)):
		sub, level = given[0], SubscriptionLevel
	case at == 1:
		group, level = given[0], ResourceGroupLevel
	case at == 2:
		sub, group, level = given[0], given[1], ResourceGroupLevel
	}
	switch level {
	case ResourceGroupLevel:
		return a.id(at, "/subscriptions/", sub, "/resourceGroups/", group)
	case SubscriptionLevel:
		return a.id(at, "/subscriptions/", sub)
	default:
		return a.id(at)
	}
}

func subscriptionResourceID(a *Args) (*armjson.Node, error) {
	at, err := a.typeAt(1)
	if err != nil {
		return nil, err
	}
	sub := a.Env.Context.Subscription.Get("subscriptionId")
	switch {
	case at == 1:
		sub = a.Values[0]
	case a.Env.Context.Level > SubscriptionLevel:
		return nil, &Error{Summary: "subscriptionResourceId needs the id of a subscription here",
			Why: "the template is deployed to " + a.Env.Context.Level.String(), Fix: "give it as the first argument"}
	}
	return a.id(at, "/subscriptions/", sub)
}

func tenantResourceID(a *Args) (*armjson.Node, error) {
	at, err := a.typeAt(0)
	if err != nil {
		return nil, err
	}
	return a.id(at)
}

// managementGroupResourceID takes the management group by its name or its id.
func managementGroupResourceID(a *Args) (*armjson.Node, error) {
	const prefix = "/providers/Microsoft.Management/managementGroups/"
	if first := textOf(a.Values[0]); strings.HasPrefix(first, "/") {
		return a.idUnder(first)
	}
	at, err := a.typeAt(1)
	if err != nil {
		return nil, err
	}
	name := a.Env.Context.ManagementGroup.Get("name")
	switch {
	case at == 1:
		name = a.Values[0]
	case a.Env.Context.Level != ManagementGroupLevel:
		return nil, &Error{Summary: "managementGroupResourceId needs the name of a management group here",
			Why: "the template is deployed to " + a.Env.Context.Level.String(), Fix: "give it as the first argument"}
	}
	return a.id(at, prefix, name)
}

func extensionResourceID(a *Args) (*armjson.Node, error) {
	base, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	return a.idUnder(base)
}

// idUnder makes the id of a resource below the one whose id is the first argument.
func (a *Args) idUnder(base string) (*armjson.Node, error) {
	if _, err := a.Texts(); err != nil {
		return nil, err
	}
	return a.id(1, strings.TrimSuffix(base, "/"))
}

// typeAt finds the resource type: the first argument with a slash. All arguments must be texts.
func (a *Args) typeAt(most int) (int, error) {
	args, err := a.Texts()
	if err != nil {
		return 0, err
	}
	at := slices.IndexFunc(args, func(s string) bool { return strings.Contains(s, "/") })
	switch {
	case at < 0:
		return 0, &Error{Summary: a.f.Name + " has no resource type among its arguments",
			Why: `a type has a slash: "Microsoft.Compute/galleries"`}
	case at > most:
		return 0, a.Fail(most, "at most %s may stand before the resource type of %s",
			count(most, "argument", "arguments"), a.f.Name)
	}
	return at, nil
}

// id joins the parts, texts or nodes, to the id that the type and names from argument at on are put behind. A part that
// is not known makes the id unknown.
func (a *Args) id(at int, parts ...any) (*armjson.Node, error) {
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			b.WriteString(part)
		case *armjson.Node:
			if part != nil && part.Kind == armjson.Unknown {
				return a.Unknown(part), nil
			}
			b.WriteString(textOf(part))
		}
	}
	// A slash at the end of the type occurs in templates that the service accepts.
	typ := strings.TrimSuffix(a.Values[at].Text, "/")
	if err := a.work(parsingCost * int64(len(typ))); err != nil {
		return nil, err
	}
	segments := strings.Split(typ, "/")
	names := a.Values[at+1:]
	if len(names) != len(segments)-1 {
		return nil, a.Fail(at, "the type %q needs %s after it, not %d", shortText(typ),
			count(len(segments)-1, "name", "names"), len(names))
	}
	b.WriteString("/providers/" + segments[0])
	for i, name := range names {
		b.WriteString("/" + segments[i+1] + "/" + name.Text)
	}
	return armjson.NewString(b.String()), nil
}

// textOf returns the text of a string node, and "" for anything else.
func textOf(n *armjson.Node) string {
	if n == nil || n.Kind != armjson.String {
		return ""
	}
	return n.Text
}
