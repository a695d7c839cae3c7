package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

func apiVersion(t *template.ImageTemplate, r *report) {
	v, ok := t.APIVersion.Get()
	if !ok || v == "" || template.KnownAPIVersion(v) || template.Placeholder(v) != "" {
		return
	}
	r.add(finding{at: t.APIVersion.Range, path: "apiVersion",
		summary: fmt.Sprintf("api-version %q was never published", v), fix: diag.KnownNames("", template.APIVersions())})
}
