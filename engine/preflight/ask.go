package preflight

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/translate/diag"
)

// Finding is something that is not as a build needs it, or that could not be seen.
type Finding struct {
	Code     diag.Code
	Severity diag.Severity
	Summary  string
	Why, Fix string
	Places   []Place
}

// check sees whether a fact holds. The error is about asking.
type check func(context.Context, *Azure, Fact) ([]Finding, error)

// checks has one for every kind.
var checks = map[Kind]check{
	Provider: checkProvider, StagingGroup: checkStagingGroup, Identity: checkIdentity, Source: checkSource, Terms: checkTerms,
	VMSize: checkVMSize, Quota: checkQuota, Subnet: checkSubnet, Group: checkGroup, Gallery: checkGallery, Regions: checkRegions,
	Version: checkVersion, Storage: checkStorage, Policy: checkPolicy,
}

// parallel is how many facts are asked for at once, and how many scopes beside them. Azure's limits are far above, and a
// preflight should not use them up.
const parallel = 8

// Ask sees whether everything holds, and gives what does not: first facts, then permissions, each in the order of the
// needs. The error is that of the context.
func (a *Azure) Ask(ctx context.Context, n *Needs) ([]Finding, error) {
	found := make([][]Finding, len(n.Facts))
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, f := range n.Facts {
		g.Go(func() error {
			list, err := checks[f.Kind](ctx, a, f)
			if err != nil {
				list = append(list, notAsked(f, err))
			}
			for j := range list {
				list[j].Places = f.Places
				if list[j].Why == "" {
					list[j].Why = f.Why
				}
				if list[j].Fix == "" {
					list[j].Fix = f.Fix
				}
			}
			found[i] = list
			return nil
		})
	}
	var lacking []Finding
	g.Go(func() error {
		lacking = a.askPermissions(ctx, n.Permissions)
		return nil
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return united(append(slices.Concat(found...), lacking...)), nil
}

// united makes one finding of those that say the same: of a subscription that is not known, every check says so.
func united(list []Finding) []Finding {
	var kept []Finding
	for _, f := range list {
		i := slices.IndexFunc(kept, func(k Finding) bool { return k.Code == f.Code && k.Summary == f.Summary })
		if i < 0 {
			kept = append(kept, f)
			continue
		}
		for _, p := range f.Places {
			if !slices.Contains(kept[i].Places, p) {
				kept[i].Places = append(slices.Clip(kept[i].Places), p)
			}
		}
	}
	return kept
}

// wrong is a finding whose reason and cure are the fact's.
func wrong(code diag.Code, format string, args ...any) Finding {
	return Finding{Code: code, Severity: diag.Error, Summary: fmt.Sprintf(format, args...)}
}

// notAsked says that nobody knows whether a fact holds.
func notAsked(f Fact, err error) Finding {
	return unseen(fmt.Sprintf("it is not known whether %s", f.Holds), err)
}

func unseen(summary string, err error) Finding {
	if id, ok := strange(err); ok {
		w := wrong(CodeSubscription, "the builder knows no subscription %q", id)
		w.Why, w.Fix = "it has no role anywhere in it, or the subscription is of another tenant or not there", "look at: az account list --all"
		return w
	}
	w := Finding{Code: CodeNotAsked, Severity: diag.Warning, Summary: summary, Why: reason(err), Fix: "look into that, and try again"}
	if action, scope, ok := refused(err); ok {
		w.Why = fmt.Sprintf("the builder may not look: it lacks %s at %s", action, scope)
		w.Fix = "give it the role Reader there for as long as that is wanted; the build does not need it"
	}
	return w
}
