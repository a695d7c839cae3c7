package check

import "github.com/ingot-build/ingot/translate/template"

// sourceValidationOnly is about customizers that never run: the image that is validated is the source itself.
func sourceValidationOnly(t *template.ImageTemplate, r *report) {
	only := t.Validate.SourceValidationOnly
	if !only.Value || len(t.Customize.Value) == 0 {
		return
	}
	r.add(finding{at: only.Range, path: "properties.validate.sourceValidationOnly",
		summary: "the customizers will not run", why: "sourceValidationOnly validates the source as it is, without a build",
		fix:     "write false, or move the customizers to a template of their own",
		related: t.Customize.Range, relatedMessage: "the customizers are here"})
}
