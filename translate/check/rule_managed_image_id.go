package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func managedImageID(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute {
		m, ok := d.(*template.DistributeManagedImage)
		if !ok {
			continue
		}
		if m.ImageID.IsSet() && !imageID.MatchString(m.ImageID.Value) {
			r.add(finding{at: m.ImageID.Range, path: m.Path + ".imageId",
				summary: fmt.Sprintf("%q is not the id of a managed image", m.ImageID.Value), fix: "write " + imageIDForm})
		}
	}
}
