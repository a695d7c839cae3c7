package check

import "github.com/ingot-build/ingot/translate/template"

// sourceVersioning refuses a scheme whose rules are not published: what becomes of a version that exists already, or of
// source versions with four parts.
func sourceVersioning(t *template.ImageTemplate, r *report) {
	for _, s := range sharedImages(t) {
		if s.Versioning.Scheme.Value == "Source" {
			r.add(finding{at: s.Versioning.Scheme.Range, path: s.Path + ".versioning.scheme",
				summary: `the versioning scheme "Source" is not covered yet`, fix: `write "Latest", or a version in the galleryImageId`})
		}
	}
}
