package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func runOutputName(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute.Value {
		b := d.Base()
		if name, ok := b.RunOutputName.Get(); ok && !resourceName.MatchString(name) {
			r.add(finding{at: b.RunOutputName.Range, path: b.Path + ".runOutputName",
				summary: fmt.Sprintf("a run output cannot be named %q", name), why: resourceNameRule})
		}
	}
}
