package preflight

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Role is a custom role, as az role definition create takes it.
type Role struct {
	Name             string
	IsCustom         bool
	Description      string
	Actions          []string
	NotActions       []string
	DataActions      []string
	NotDataActions   []string
	AssignableScopes []string
}

// ErrScope is the error of RoleOf where a scope is not known.
var ErrScope = errors.New("no role without a subscription")

// RoleOf gives the smallest role of the builder that suffices for all permissions, assigned at every one of its scopes. A role
// can be assigned at resource groups and above; a storage account of which a template only has the address is somewhere in
// the subscription of the build.
func RoleOf(n *Needs, name, description string) (*Role, error) {
	r := &Role{Name: name, IsCustom: true, Description: description,
		Actions: []string{}, NotActions: []string{}, DataActions: []string{}, NotDataActions: []string{}}
	for _, p := range n.Permissions {
		if p.Holder != Builder {
			continue
		}
		list := &r.Actions
		if p.Data {
			list = &r.DataActions
		}
		if !matchesAny(*list, p.Action) {
			*list = append(*list, p.Action)
		}
	}
	var err error
	if r.AssignableScopes, err = assignable(n.RoleScopes()); err != nil {
		return nil, err
	}
	slices.SortFunc(r.Actions, compareFold)
	slices.SortFunc(r.DataActions, compareFold)
	return r, nil
}

// roleScopes are where a role that gives a permission is assigned.
func (p *Permission) roleScopes() []string {
	if isURL(p.Scope) {
		return p.Homes
	}
	return []string{groupScopeOf(p.Scope)}
}

// RoleScopes are the subscriptions and resource groups that the builder needs something at, or in; sorted, a wider one before
// what is inside it.
func (n *Needs) RoleScopes() []string {
	var all []string
	for _, p := range n.Permissions {
		if p.Holder == Builder {
			all = append(all, p.roleScopes()...)
		}
	}
	slices.SortFunc(all, compareFold)
	return slices.CompactFunc(all, strings.EqualFold)
}

// At gives the part of the permissions that a role at one of the RoleScopes has to give: what is needed there, without what is
// needed at a wider or narrower one.
func (n *Needs) At(scope string) *Needs {
	part := &Needs{}
	for _, p := range n.Permissions {
		if slices.ContainsFunc(p.roleScopes(), func(s string) bool { return strings.EqualFold(s, scope) }) {
			if isURL(p.Scope) {
				p.Homes = []string{scope}
			}
			part.Permissions = append(part.Permissions, p)
		}
	}
	return part
}

// assignable leaves out a scope that another has inside it. Text in angle brackets, or the zero subscription, is a placeholder that
// somebody has still to fill in.
func assignable(scopes []string) ([]string, error) {
	var kept []string
	for _, s := range scopes {
		sub := strings.Split(s, "/")[2]
		if id, err := uuid.Parse(sub); err != nil || id == uuid.Nil {
			return nil, fmt.Errorf("%w: %q is none", ErrScope, sub)
		}
		if !slices.ContainsFunc(kept, func(wide string) bool { return within(s, wide) }) {
			kept = append(kept, s)
		}
	}
	return kept, nil
}
