package check

import "github.com/ingot-build/ingot/translate/template"

func distributeAnyway(t *template.ImageTemplate, r *report) {
	anyway := t.Validate.ContinueDistributeOnFailure
	if !anyway.Value {
		return
	}
	r.add(finding{at: anyway.Range, path: "properties.validate.continueDistributeOnFailure",
		summary: "an image that failed its validation is distributed as well",
		why:     "the run is reported as failed all the same, so whoever uses the image does not see that"})
}
