package check

import "github.com/ingot-build/ingot/translate/template"

func dataDisks(t *template.ImageTemplate, r *report) {
	if disks, ok := t.DataDisks.Get(); ok && len(disks) > 0 {
		r.add(finding{at: t.DataDisks.Range, path: "properties.additionalDataDisks",
			summary: "additional data disks are not covered yet", why: "the image would have its OS disk only"})
	}
}
