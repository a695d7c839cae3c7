package azuresim

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

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
