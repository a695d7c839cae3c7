package armexpr

import (
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

func resourceFunctions() []Function {
	return []Function{
		{Name: "resourceId", Group: Resources, Summary: "the id of a resource: [subscription], [resource group], type, names",
			Min: 2, Max: -1, Result: armjson.String, Eval: resourceID},
	}
}

// guid is the written form of a subscription id.
var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// resourceID is resourceId([subscriptionId], [resourceGroup], type, name...): the type is the first argument with a slash, and
// there is one name for each of its segments behind the namespace.
func resourceID(a *Args) (*armjson.Node, error) {
	args, err := a.Texts()
	if err != nil {
		return nil, err
	}
	at := 0
	for at < len(args) && !strings.Contains(args[at], "/") {
		at++
	}
	if at == len(args) {
		return nil, &Error{Summary: "resourceId has no resource type among its arguments",
			Why: `a type has a slash: "Microsoft.Compute/galleries"`}
	}
	base, err := idBase(a, args[:at])
	if err != nil {
		return nil, err
	}
	// A slash at the end of the type occurs in templates that the service accepts.
	segments := strings.Split(strings.TrimSuffix(args[at], "/"), "/")
	names := args[at+1:]
	if len(names) != len(segments)-1 {
		return nil, a.Fail(at, "the type %q needs %s after it, not %d", args[at], count(len(segments)-1, "name", "names"), len(names))
	}
	id := base + "/providers/" + segments[0]
	for i, name := range names {
		id += "/" + segments[i+1] + "/" + name
	}
	return armjson.NewString(id), nil
}

// idBase is the part of an id before "/providers/". given are the arguments before the type.
func idBase(a *Args, given []string) (string, error) {
	c := a.Env.Context
	level, sub, group := c.Level, textOf(c.Subscription.Get("subscriptionId")), textOf(c.ResourceGroup.Get("name"))
	switch {
	case len(given) == 1 && level == SubscriptionLevel, len(given) == 1 && guid.MatchString(given[0]) && level > 0:
		sub, level = given[0], SubscriptionLevel
	case len(given) == 1:
		group = given[0]
	case len(given) == 2:
		sub, group, level = given[0], given[1], ResourceGroupLevel
	case len(given) > 2:
		return "", a.Fail(2, "at most a subscription and a resource group stand before the resource type")
	}
	switch level {
	case ResourceGroupLevel:
		return "/subscriptions/" + sub + "/resourceGroups/" + group, nil
	case SubscriptionLevel:
		return "/subscriptions/" + sub, nil
	default:
		return "", nil
	}
}

// textOf returns the text of a string node, and "" for anything else.
func textOf(n *armjson.Node) string {
	if n == nil || n.Kind != armjson.String {
		return ""
	}
	return n.Text
}
