package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// managedRegion says that an image is copied between regions.
func managedRegion(t *template.ImageTemplate, r *report) {
	here, ok := t.Location.Get()
	if !ok || here == "" || template.Placeholder(here) != "" {
		return
	}
	for _, d := range t.Distribute.Value {
		m, ok := d.(*template.DistributeManagedImage)
		if !ok {
			continue
		}
		to, ok := m.Location.Get()
		if ok && to != "" && template.Placeholder(to) == "" && regionName(to) != regionName(here) {
			r.add(finding{at: m.Location.Range, path: m.Path + ".location",
				summary: fmt.Sprintf("the image is copied to %q at the end of a run", to),
				why:     fmt.Sprintf("it is built in %q; the copy takes part of the build timeout", here),
				related: t.Location.Range, relatedMessage: "the location of the template is here"})
		}
	}
}
