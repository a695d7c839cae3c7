package check

import (
	"fmt"
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

var guid = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// subscriptionID is mostly about something to be filled in that does not look like it.
func subscriptionID(t *template.ImageTemplate, r *report) {
	for _, id := range ids(t) {
		if sub := segment(id.Value, "subscriptions"); sub != "" && !guid.MatchString(sub) {
			r.add(finding{at: id.Range, path: id.path, summary: fmt.Sprintf("%q is not the id of a subscription", sub),
				why: "it is a GUID: 8-4-4-4-12 hex digits", fix: "see yours with: az account show --query id"})
		}
	}
}
