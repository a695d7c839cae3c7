package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// isoRetired is a warning, since the shape of the api-version has such sources to this day.
func isoRetired(t *template.ImageTemplate, r *report) {
	if s, ok := t.Source.(*template.ISO); ok {
		r.add(finding{at: s.Range, path: "properties.source",
			summary: "the service takes no ISO sources since 31 March 2020",
			fix:     "use a marketplace image of Red Hat Enterprise Linux"})
	}
}

// versionRetired is about the private preview, which the service has left behind.
func versionRetired(t *template.ImageTemplate, r *report) {
	v, ok := t.APIVersion.Get()
	if ok && template.KnownAPIVersion(v) && t.Before("2019-05-01-preview") {
		r.add(finding{at: t.APIVersion.Range, path: "apiVersion",
			summary: fmt.Sprintf("the service takes api-version %s no more", v),
			why:     "it refuses what is older than 2019-05-01-preview since June 2020",
			fix:     "write " + template.LatestAPIVersion})
	}
}
