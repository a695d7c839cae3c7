package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func runOutputName(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute {
		b := d.Base()
		if b.RunOutputName.IsSet() && !resourceName.MatchString(b.RunOutputName.Value) {
			r.add(finding{at: b.RunOutputName.Range, path: b.Path + ".runOutputName",
				summary: fmt.Sprintf("a run output cannot be named %q", b.RunOutputName.Value), why: resourceNameRule})
		}
	}
}
