package check

import (
	"fmt"
	"path"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// deprovisionPath is about a file that takes the place of the script that generalizes the image.
func deprovisionPath(t *template.ImageTemplate, r *report) {
	for _, c := range t.Customize.Value {
		f, ok := c.(*template.File)
		if !ok {
			continue
		}
		to, ok := f.Destination.Get()
		if !ok || path.Clean(to) != "/tmp/DeprovisioningScript.sh" &&
			!strings.EqualFold(strings.ReplaceAll(to, `\`, "/"), "c:/DeprovisioningScript.ps1") {
			continue
		}
		r.add(finding{at: f.Destination.Range, path: f.Path + ".destination",
			summary: fmt.Sprintf("%s replaces the script that generalizes the image", label(f.Common)),
			why:     "the file at this path runs after the last customizer; an image that it does not generalize may not boot"})
	}
}
