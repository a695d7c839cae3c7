package check

import "github.com/ingot-build/ingot/translate/template"

const addDistributor = `add one: {"type": "VHD", "runOutputName": "disk"}`

// distributeNothing is a warning: nobody has said whether the service takes an empty array.
func distributeNothing(t *template.ImageTemplate, r *report) {
	if all, ok := t.Distribute.Get(); ok && len(all) == 0 { // a missing one has been reported by Decode
		r.add(finding{at: t.Distribute.Range, path: "properties.distribute", summary: "there is no distributor",
			why: "nothing would come out of the run", fix: addDistributor})
	}
}

// buildNothing refuses the same for a build on this machine, unless it is there to validate.
func buildNothing(t *template.ImageTemplate, r *report) {
	v := t.Validate
	if !v.IsKnown() || !v.SourceValidationOnly.IsKnown() || !v.InVMValidations.IsKnown() {
		return // it may validate
	}
	if v.SourceValidationOnly.Value || len(v.InVMValidations.Value) > 0 {
		return
	}
	if all, ok := t.Distribute.Get(); ok && len(all) == 0 {
		r.add(finding{at: t.Distribute.Range, path: "properties.distribute", summary: "a build without a distributor keeps nothing",
			fix: addDistributor})
	}
}
