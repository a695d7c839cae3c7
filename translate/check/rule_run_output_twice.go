package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// runOutputTwice compares without case, as resource names do.
func runOutputTwice(t *template.ImageTemplate, r *report) {
	first := map[string]template.String{}
	for _, d := range t.Distribute.Value {
		b := d.Base()
		name, ok := b.RunOutputName.Get()
		if !ok || name == "" {
			continue
		}
		key := strings.ToLower(name)
		if f, twice := first[key]; twice {
			r.add(finding{at: b.RunOutputName.Range, path: b.Path + ".runOutputName",
				summary: fmt.Sprintf("two distributors have the runOutputName %q", name),
				why:     "a run output is found by this name", fix: "give each a name of its own",
				related: f.Range, relatedMessage: "first written here"})
			continue
		}
		first[key] = b.RunOutputName
	}
}
