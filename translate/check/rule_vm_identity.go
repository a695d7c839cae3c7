package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func vmIdentityID(t *template.ImageTemplate, r *report) {
	for i, given := range t.VMProfile.UserAssignedIdentity.Value {
		id, ok := given.Get()
		if ok && !identityID.MatchString(id) && template.Placeholder(id) == "" {
			r.add(r.mendSlashes(finding{at: given.Range, path: fmt.Sprintf("properties.vmProfile.userAssignedIdentities[%d]", i),
				summary: notID("userAssignedIdentities", id, "a user-assigned identity"),
				fix:     "write " + identityIDForm}, given, identityID))
		}
	}
}

// identityTwice is about the identities of the build VM. Of those of the template there is one, and rule identity sees
// to it.
func identityTwice(t *template.ImageTemplate, r *report) {
	all := t.VMProfile.UserAssignedIdentity.Value
	for i, given := range all {
		id, ok := given.Get()
		if !ok || id == "" {
			continue
		}
		for _, before := range all[:i] {
			if other, ok := before.Get(); ok && sameID(id, other) {
				r.add(finding{at: given.Range, path: fmt.Sprintf("properties.vmProfile.userAssignedIdentities[%d]", i),
					summary: "the identity is listed twice",
					why:     "upper and lower case do not count in ids", fix: "remove one of them",
					related: before.Range, relatedMessage: "first written here"})
				break
			}
		}
	}
}
