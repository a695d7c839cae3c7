package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// grants are what the builder may do at a scope.
func (a *Azure) grants(ctx context.Context, scope string) ([]Grant, error) {
	return getAll[Grant](ctx, a, scope+"/providers/Microsoft.Authorization/permissions", permissionsAPI)
}

// grantsAround are those at the scope, or where that is not there yet, at what it would be in: nobody has a role on what
// is not there.
func (a *Azure) grantsAround(ctx context.Context, scope string) ([]Grant, error) {
	for {
		list, err := a.grants(ctx, scope)
		if !absent(err) || strings.Count(scope, "/") <= 2 {
			return list, err
		}
		if wide := groupScopeOf(scope); wide != scope {
			scope = wide
		} else {
			scope = strings.Join(strings.Split(scope, "/")[:3], "/")
		}
	}
}

// askPermissions gives a finding for each scope at which the builder lacks something. Permissions of the build VM's
// identities cannot be asked for: Azure tells each only its own.
func (a *Azure) askPermissions(ctx context.Context, all []Permission) []Finding {
	var scopes []string
	at := map[string][]Permission{}
	for _, p := range all {
		if p.Holder != Builder {
			continue
		}
		if at[p.Scope] == nil {
			scopes = append(scopes, p.Scope)
		}
		at[p.Scope] = append(at[p.Scope], p)
	}
	found := make([][]Finding, len(scopes))
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, scope := range scopes {
		g.Go(func() error {
			found[i] = a.askScope(ctx, scope, at[scope])
			return nil
		})
	}
	_ = g.Wait() // no function has an error
	return slices.Concat(found...)
}

func (a *Azure) askScope(ctx context.Context, scope string, wanted []Permission) []Finding {
	resource := scope
	var err error
	if isURL(scope) {
		if resource, err = a.containerID(ctx, scope, wanted[0].Homes); err == nil && resource == "" {
			return nil // checkStorage has said that nobody knows where it is
		}
	}
	var grants []Grant
	if err == nil {
		grants, err = a.grantsAround(ctx, resource)
	}
	if err != nil {
		w := unseen(fmt.Sprintf("it is not known whether the builder has its permissions at %q", scope), err)
		w.Places = reasonPlaces(wanted)
		return []Finding{w}
	}
	lacking := slices.DeleteFunc(slices.Clone(wanted), func(p Permission) bool { return Allows(grants, p.Action, p.Data) })
	if len(lacking) == 0 {
		return nil
	}
	var why []string
	for _, p := range lacking {
		why = append(why, p.Action+" is needed to "+p.Reasons[0].For)
	}
	what := "the permission " + lacking[0].Action
	if n := len(lacking); n > 1 {
		what = fmt.Sprintf("%d permissions", n)
	}
	w := wrong(CodePermission, "the builder lacks %s at %q", what, scope)
	w.Why, w.Fix = strings.Join(why, "\n"), "assign a role that has them there; ingot preflight --write-role makes one"
	w.Places = reasonPlaces(lacking)
	return []Finding{w}
}

// reasonPlaces are where permissions come from, each once.
func reasonPlaces(list []Permission) []Place {
	var places []Place
	for _, p := range list {
		for _, r := range p.Reasons {
			if !slices.Contains(places, r.Place) {
				places = append(places, r.Place)
			}
		}
	}
	return places
}
