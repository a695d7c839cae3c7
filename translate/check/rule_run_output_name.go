package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func runOutputName(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute.Value {
		b := d.Base()
		name, ok := b.RunOutputName.Get()
		if why := wrongName(t, name); ok && why != "" {
			r.add(finding{at: b.RunOutputName.Range, path: b.Path + ".runOutputName",
				summary: fmt.Sprintf("a run output cannot be named %q", name), why: why})
		}
	}
}
