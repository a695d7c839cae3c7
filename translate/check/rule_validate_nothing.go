package check

import "github.com/ingot-build/ingot/translate/template"

// validateNothing is about "validate" without a validator: its other properties have nothing to act on.
func validateNothing(t *template.ImageTemplate, r *report) {
	v := t.Validate
	if !v.IsSet() || !v.IsKnown() || !v.InVMValidations.IsKnown() || len(v.InVMValidations.Value) > 0 {
		return
	}
	f := finding{at: v.Range, path: "properties.validate", summary: "there is no validator, so nothing is validated",
		fix: `add one to "inVMValidations", or remove "validate"`}
	if v.SourceValidationOnly.Value {
		f.at, f.path = v.SourceValidationOnly.Range, "properties.validate.sourceValidationOnly"
		f.why = "with sourceValidationOnly a run does not build either: it would do nothing at all"
	}
	r.add(f)
}
