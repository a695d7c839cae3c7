package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/ledger"
)

func baseImages(ctx context.Context, h *Host) Result {
	none := Result{
		Status: Missing, Found: "none", Why: "a build starts from one",
		Fix: "ingot image bootstrap debian-12, or ingot image pull NAME; known names: ingot image ls --all",
	}
	svc, err := h.Open(ctx)
	if err != nil {
		none.Found, none.Why, none.Fix = "cannot be looked at", err.Error(), ""
		return none
	}
	defer svc.Close()
	list, damaged := svc.Images().List(ctx)
	var names []string
	for _, im := range list {
		names = append(names, im.Name)
	}
	switch found := strings.Join(names, ", "); {
	case damaged != nil:
		return Result{Status: Warn, Found: strings.TrimPrefix(found+", and damaged ones", ", and "), Why: damaged.Error()}
	case found == "":
		return none
	default:
		return Result{Status: OK, Found: found}
	}
}

func leftovers(ctx context.Context, h *Host) Result {
	svc, err := h.Open(ctx)
	if err != nil {
		return Result{Status: Warn, Found: "cannot be looked at", Why: err.Error()}
	}
	defer svc.Close()
	left, err := svc.Leftovers(ctx)
	switch {
	case err != nil:
		return Result{Status: Warn, Found: "cannot be looked at", Why: err.Error()}
	case len(left) == 0:
		return Result{Status: OK, Found: "none"}
	}
	why := "a run was killed and could not clean up"
	if !slices.ContainsFunc(left, func(l ledger.Leftover) bool { return l.Entry.Kept == "" }) {
		why = "a VM was kept for a look inside, as its image template says"
	}
	return Result{Status: Warn, Found: fmt.Sprintf("%d", len(left)), Why: why, Fix: "ingot clean"}
}
