package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// Resource ids ignore case throughout, and may end in a slash.
var (
	imageID      = idForm(`/Microsoft\.Compute/images/[^/]+`)
	definitionID = idForm(`/Microsoft\.Compute/galleries/[^/]+/images/[^/]+`)
	versionID    = idForm(`/Microsoft\.Compute/galleries/[^/]+/images/[^/]+/versions/([^/]+)`)
	identityID   = idForm(`/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/]+`)
	subnetID     = idForm(`/Microsoft\.Network/virtualNetworks/[^/]+/subnets/[^/]+`)
	groupID      = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/([^/]+)/?$`)

	number32x3 = regexp.MustCompile(`^\d{1,10}\.\d{1,10}\.\d{1,10}$`)
)

// What the ids look like, for messages.
const (
	groupForm        = "/subscriptions/<id>/resourceGroups/<group>/providers"
	imageIDForm      = groupForm + "/Microsoft.Compute/images/<name>"
	definitionIDForm = groupForm + "/Microsoft.Compute/galleries/<gallery>/images/<definition>"
	subnetIDText     = groupForm + "/Microsoft.Network/virtualNetworks/<network>/subnets/<subnet>"
	identityIDForm   = groupForm + "/Microsoft.ManagedIdentity/userAssignedIdentities/<name>"
)

func idForm(tail string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers` + tail + `/?$`)
}

// notID says that a value is not the id that a property wants.
func notID(property, value, what string) string {
	if value == "" {
		return fmt.Sprintf("%q is empty", property)
	}
	return fmt.Sprintf("%q is not the id of %s", value, what)
}

var slashes = regexp.MustCompile(`//+`)

// mendSlashes is for an id that would have the form if there were no slash too many in it, as when a path is put
// together of parts.
func (r *report) mendSlashes(f finding, s template.String, form *regexp.Regexp) finding {
	if mended := slashes.ReplaceAllString(s.Value, "/"); mended != s.Value && form.MatchString(mended) {
		f.why, f.fix = "it has two slashes where one is wanted", "write "+mended
		f.edits = r.rewrite(s, mended)
	}
	return f
}

// versionOf returns the version of a gallery version's id.
func versionOf(id string) (version string, ok bool) {
	m := versionID.FindStringSubmatch(id)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// exactVersion reports whether v is x.y.z with numbers that an int32 holds.
func exactVersion(v string) bool {
	if !number32x3.MatchString(v) {
		return false
	}
	for part := range strings.SplitSeq(v, ".") {
		if len(part) == 10 && part > "2147483647" {
			return false
		}
	}
	return true
}
