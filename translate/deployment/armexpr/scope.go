package armexpr

import (
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// Level is how high in Azure's hierarchy a template is deployed. The zero Level is a resource group.
type Level int

// The levels.
const (
	ResourceGroupLevel Level = iota
	SubscriptionLevel
	ManagementGroupLevel
	TenantLevel
)

// Scope is the place a template is deployed to.
type Scope struct {
	Level          Level
	SubscriptionID string
	TenantID       string
	ResourceGroup  string
	Location       string
}

func (s Scope) subscriptionPath() string { return "/subscriptions/" + s.SubscriptionID }

func (s Scope) groupPath() string { return s.subscriptionPath() + "/resourceGroups/" + s.ResourceGroup }

func subscription(a *Args) (*armjson.Node, error) {
	s := a.Env.Scope
	if s.Level > SubscriptionLevel {
		return nil, &Error{Summary: "subscription() has no value above subscription scope"}
	}
	return object("id", s.subscriptionPath(), "subscriptionId", s.SubscriptionID, "tenantId", s.TenantID), nil
}

func resourceGroup(a *Args) (*armjson.Node, error) {
	s := a.Env.Scope
	if s.Level > ResourceGroupLevel {
		return nil, &Error{Summary: "resourceGroup() has no value in a deployment above resource group scope"}
	}
	group := object("id", s.groupPath(), "name", s.ResourceGroup, "type", "Microsoft.Resources/resourceGroups",
		"location", s.Location)
	group.Members = append(group.Members, armjson.Member{Key: "properties", Value: object("provisioningState", "Succeeded")})
	return group, nil
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
	return text(id), nil
}

// idBase is the part of an id before "/providers/". given are the arguments before the type.
func idBase(a *Args, given []string) (string, error) {
	s := a.Env.Scope
	switch {
	case len(given) == 1 && s.Level == SubscriptionLevel, len(given) == 1 && guid.MatchString(given[0]) && s.Level > 0:
		s.SubscriptionID, s.Level = given[0], SubscriptionLevel
	case len(given) == 1:
		s.ResourceGroup = given[0]
	case len(given) == 2:
		s.SubscriptionID, s.ResourceGroup, s.Level = given[0], given[1], ResourceGroupLevel
	case len(given) > 2:
		return "", a.Fail(2, "at most a subscription and a resource group stand before the resource type")
	}
	switch s.Level {
	case ResourceGroupLevel:
		return s.groupPath(), nil
	case SubscriptionLevel:
		return s.subscriptionPath(), nil
	default:
		return "", nil
	}
}
