package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

func apiVersion(t *template.ImageTemplate, r *report) {
	v := t.APIVersion
	if v.Value == "" || template.KnownAPIVersion(v.Value) {
		return
	}
	r.add(finding{at: v.Range, path: "apiVersion",
		summary: fmt.Sprintf("api-version %q was never published", v.Value), fix: diag.KnownNames("", template.APIVersions())})
}
