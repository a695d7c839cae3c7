package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// identitySince is the api-version from which on the published shape requires an identity.
const identitySince = "2020-02-14"

const identityFix = `add "identity": {"type": "UserAssigned", "userAssignedIdentities": {"<id>": {}}}`

func identity(t *template.ImageTemplate, r *report) {
	id := t.Identity
	r.oneOf(id.Type, "identity.type", "UserAssigned", "None")
	var given []template.String // whose ids are known: two that are not may be the same
	for _, a := range id.UserAssigned.Value {
		v, ok := a.Get()
		if !ok {
			continue
		}
		given = append(given, a)
		if !identityID.MatchString(v) && template.Placeholder(v) == "" {
			r.add(finding{at: a.Range, path: "identity.userAssignedIdentities",
				summary: notID("userAssignedIdentities", v, "a user-assigned identity"), fix: "write " + identityIDForm})
		}
	}
	if at, summary := noIdentity(t); summary != "" && t.Since(identitySince) {
		r.add(finding{at: at, path: "identity", summary: summary, fix: identityFix,
			why: "the service requires it from api-version " + identitySince + " on; on this machine the identity is not used"})
	}
	if len(given) > 1 {
		r.add(finding{at: given[1].Range, path: "identity.userAssignedIdentities",
			summary: fmt.Sprintf("the image template has %d identities", len(given)), why: "the service takes exactly one",
			fix: "keep one of them"})
	}
}

// noIdentityOld is about the one api-version that has an identity and can do without, and about a version that is not known.
// Reference: https://learn.microsoft.com/azure/virtual-machines/linux/image-builder-json#identity
func noIdentityOld(t *template.ImageTemplate, r *report) {
	if at, summary := noIdentity(t); summary != "" && !t.Since(identitySince) && !t.Before("2019-05-01-preview") {
		r.add(finding{at: at, path: "identity", summary: summary, fix: identityFix,
			why: "the shape of the api-version can do without; the service refuses it since June 2020"})
	}
}

// noIdentity reports a template that certainly has no identity, and where. Properties that stand alone are not asked: theirs is
// written elsewhere.
func noIdentity(t *template.ImageTemplate) (at diag.Range, summary string) {
	id := t.Identity
	switch {
	case t.PropertiesAlone:
	case id.IsAbsent():
		at := t.Range
		at.End = at.Start
		return at, "the image template has no identity"
	case id.Type.Value == "None", len(id.UserAssigned.Value) == 0 && id.UserAssigned.IsKnown():
		return id.Range, "no user-assigned identity is given"
	}
	return diag.Range{}, ""
}
