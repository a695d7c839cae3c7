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
	var scopes []string
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
		if isURL(p.Scope) {
			scopes = append(scopes, p.Homes...)
		} else {
			scopes = append(scopes, groupScopeOf(p.Scope))
		}
	}
	var err error
	if r.AssignableScopes, err = assignable(scopes); err != nil {
		return nil, err
	}
	slices.SortFunc(r.Actions, compareFold)
	slices.SortFunc(r.DataActions, compareFold)
	return r, nil
}

// assignable leaves out a scope that another has inside it. Text in angle brackets, or the zero subscription, is a placeholder that
// somebody has still to fill in.
func assignable(scopes []string) ([]string, error) {
	slices.SortFunc(scopes, func(a, b string) int { return compareFold(a, b) })
	var kept []string
	for _, s := range scopes { // a wider one sorts before what is inside it
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
