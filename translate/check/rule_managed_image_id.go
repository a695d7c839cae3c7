package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func managedImageID(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute.Value {
		m, ok := d.(*template.DistributeManagedImage)
		if !ok {
			continue
		}
		if id, ok := m.ImageID.Get(); ok && !imageID.MatchString(id) && template.Placeholder(id) == "" {
			r.add(finding{at: m.ImageID.Range, path: m.Path + ".imageId",
				summary: fmt.Sprintf("%q is not the id of a managed image", id), fix: "write " + imageIDForm})
		}
	}
}
