package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// unhandled refuses what no other rule knows: a property that Decode learns to read must not be passed over.
func unhandled(t *template.ImageTemplate, r *report) {
	for _, p := range t.Unhandled {
		if p.Path == dataDisksPath || !p.IsKnown() {
			continue
		}
		r.add(finding{at: p.Range, path: p.Path,
			summary: fmt.Sprintf("%q is not covered yet", strings.TrimPrefix(p.Path, "properties."))})
	}
}
