package azuresim

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

func listGroups(c *call) (*reply, error) {
	var values []any
	tag, value := tagFilter(c.r)
	for _, r := range c.sim.store.list(func(r *resource) bool {
		return r.id.Is(groupType) && strings.EqualFold(r.id.Subscription, c.id.Subscription) && hasTag(r, tag, value)
	}) {
		values = append(values, c.sim.show(r, c.r))
	}
	return page(values), nil
}

// listResources lists what is in a group or a subscription, without children and properties, as Azure does.
func listResources(c *call) (*reply, error) {
	if c.id.Group != "" && c.sim.store.get(c.id.In()) == nil {
		return nil, notFound(c.id.In())
	}
	tag, value := tagFilter(c.r)
	typ := typeFilter.FindStringSubmatch(c.r.URL.Query().Get("$filter"))
	values := []any{}
	for _, r := range c.sim.store.inside(c.id) {
		if r.kind == nil || r.kind.nowhere || r.id.Is(groupType) || !hasTag(r, tag, value) || typ != nil && !r.id.Is(typ[1]) {
			continue
		}
		o := object{}
		for _, name := range []string{"id", "name", "type", "location", "tags", "identity", "sku", "kind", "managedBy",
			"plan"} {
			if v := at(r.body, name); v != nil {
				o[name] = v
			}
		}
		if strings.Contains(c.r.URL.Query().Get("$expand"), "provisioningState") {
			o["provisioningState"] = r.state()
		}
		values = append(values, o)
	}
	return page(values), nil
}

// The filters of lists that clients use: by a tag, by a type.
var (
	tagNameFilter = regexp.MustCompile(`(?i)tagName eq '([^']*)'(?: and tagValue eq '([^']*)')?`)
	typeFilter    = regexp.MustCompile(`(?i)resourceType eq '([^']*)'`)
)

func tagFilter(r *http.Request) (name, value string) {
	if m := tagNameFilter.FindStringSubmatch(r.URL.Query().Get("$filter")); m != nil {
		return m[1], m[2]
	}
	return "", ""
}

func hasTag(r *resource, name, value string) bool {
	if name == "" {
		return true
	}
	v, has := at(r.body, "tags", name).(string)
	return has && (value == "" || v == value)
}

// removeGroup deletes all that is in a group, each when nothing holds it any more. What something outside holds stays,
// and with it the group.
func removeGroup(ctx context.Context, s *Sim, group *resource) error {
	for {
		s.mu.Lock()
		left := s.store.inside(group.id)
		before := len(left)
		for _, r := range slices.Backward(left) {
			if s.store.get(r.id) != r || r.kind == nil {
				continue
			}
			if nested[strings.ToLower(r.id.Type)] && len(s.store.inside(r.id)) > 0 {
				continue
			}
			if holder, _ := s.holder(r); holder == nil {
				r.sas = nil
				s.forget(r)
			}
		}
		left = s.store.inside(group.id)
		s.mu.Unlock()
		switch {
		case len(left) == 0:
			return ctx.Err()
		case len(left) == before:
			return refuse(http.StatusConflict, "ResourceGroupDeletionBlocked",
				"Deletion of resource group '%s' failed as resources with identifiers '%s' could not be deleted. The "+
					"provisioning state of the resource group will be rolled back.",
				group.id.Group, left[0].id)
		}
	}
}
