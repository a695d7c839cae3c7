package check

import "github.com/ingot-build/ingot/translate/template"

func distributeNothing(t *template.ImageTemplate, r *report) {
	if all, ok := t.Distribute.Get(); ok && len(all) == 0 { // a missing one has been reported by Decode
		r.add(finding{at: t.Distribute.Range, path: "properties.distribute", summary: "there is no distributor",
			why: "nothing would come out of the run", fix: `add one: {"type": "VHD", "runOutputName": "disk"}`})
	}
}
