package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func identity(t *template.ImageTemplate, r *report) {
	const since = "2020-02-14"
	id := t.Identity
	if !t.Identity.Range.IsZero() {
		r.oneOf(id.Type, "identity.type", "UserAssigned", "None")
		for _, a := range id.UserAssigned {
			if !identityID.MatchString(a.Value) {
				r.add(finding{at: a.Range, path: "identity.userAssignedIdentities",
					summary: fmt.Sprintf("%q is not the id of a user-assigned identity", a.Value), fix: "write " + identityIDForm})
			}
		}
	}
	const fix = `add "identity": {"type": "UserAssigned", "userAssignedIdentities": {"<id>": {}}}`
	const why = "the service requires it from api-version " + since + " on; on this machine the identity is not used"
	switch {
	case t.EffectiveAPIVersion() < since:
	case id.Range.IsZero():
		at := t.Range
		at.End = at.Start
		r.add(finding{at: at, path: "identity", summary: "the image template has no identity", why: why, fix: fix})
	case id.Type.Value == "None", len(id.UserAssigned) == 0:
		r.add(finding{at: id.Range, path: "identity", summary: "no user-assigned identity is given", why: why, fix: fix})
	case len(id.UserAssigned) > 1:
		r.add(finding{at: id.UserAssigned[1].Range, path: "identity.userAssignedIdentities",
			summary: fmt.Sprintf("the image template has %d identities", len(id.UserAssigned)), why: "the service takes exactly one",
			fix: "keep one of them"})
	}
}
