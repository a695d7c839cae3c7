package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func identity(t *template.ImageTemplate, r *report) {
	const since = "2020-02-14"
	id := t.Identity
	r.oneOf(id.Type, "identity.type", "UserAssigned", "None")
	var given []template.String // whose ids are known: two that are not may be the same
	for _, a := range id.UserAssigned.Value {
		v, ok := a.Get()
		if !ok {
			continue
		}
		given = append(given, a)
		if !identityID.MatchString(v) {
			r.add(finding{at: a.Range, path: "identity.userAssignedIdentities",
				summary: fmt.Sprintf("%q is not the id of a user-assigned identity", v), fix: "write " + identityIDForm})
		}
	}
	const fix = `add "identity": {"type": "UserAssigned", "userAssignedIdentities": {"<id>": {}}}`
	const why = "the service requires it from api-version " + since + " on; on this machine the identity is not used"
	switch {
	case !t.Since(since):
	case id.IsAbsent():
		at := t.Range
		at.End = at.Start
		r.add(finding{at: at, path: "identity", summary: "the image template has no identity", why: why, fix: fix})
	case id.Type.Value == "None", len(id.UserAssigned.Value) == 0 && id.UserAssigned.IsKnown():
		r.add(finding{at: id.Range, path: "identity", summary: "no user-assigned identity is given", why: why, fix: fix})
	case len(given) > 1:
		r.add(finding{at: given[1].Range, path: "identity.userAssignedIdentities",
			summary: fmt.Sprintf("the image template has %d identities", len(given)), why: "the service takes exactly one",
			fix: "keep one of them"})
	}
}
