package check

import (
	"net/url"

	"github.com/ingot-build/ingot/translate/template"
)

// uriLocal is about what a build on this machine reads, and the service cannot.
func uriLocal(t *template.ImageTemplate, r *report) {
	for _, d := range downloads(t) {
		text, ok := d.uri.Get()
		if !ok || text == "" || template.Placeholder(text) != "" {
			continue
		}
		if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			r.add(finding{at: d.uri.Range, path: d.at(), summary: "only a build on this machine can read this file",
				why: "the service downloads files, from http and https addresses",
				fix: "put it where the service can download it before the template is submitted"})
		}
	}
}
