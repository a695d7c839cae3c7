package check

import "github.com/ingot-build/ingot/translate/template"

const dataDisksPath = "properties.additionalDataDisks"

func dataDisks(t *template.ImageTemplate, r *report) {
	for _, p := range t.Unhandled {
		if p.Path == dataDisksPath && p.IsKnown() { // else there may be none
			r.add(finding{at: p.Range, path: p.Path, summary: "additional data disks are not covered yet",
				why: "the image would have its OS disk only"})
		}
	}
}
