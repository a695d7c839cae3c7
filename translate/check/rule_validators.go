package check

import "github.com/ingot-build/ingot/translate/template"

func validators(t *template.ImageTemplate, r *report) {
	for _, v := range t.Validate.InVMValidations.Value {
		r.add(finding{at: v.Base().Range, path: v.Base().Path, summary: "validators are not covered yet",
			why: "the image would be distributed without having been validated",
			fix: "remove it for now, or test in a last Shell customizer"})
	}
	if s := t.Validate.SourceValidationOnly; s.Value {
		r.add(finding{at: s.Range, path: "properties.validate.sourceValidationOnly",
			summary: "validating the source only is not covered yet",
			why:     "it would be a run without a build"})
	}
}
