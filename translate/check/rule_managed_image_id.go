package check

import "github.com/ingot-build/ingot/translate/template"

func managedImageID(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute.Value {
		m, ok := d.(*template.DistributeManagedImage)
		if !ok {
			continue
		}
		if id, ok := m.ImageID.Get(); ok && !imageID.MatchString(id) && template.Placeholder(id) == "" {
			r.add(r.mendSlashes(finding{at: m.ImageID.Range, path: m.Path + ".imageId",
				summary: notID("imageId", id, "a managed image"), fix: "write " + imageIDForm}, m.ImageID, imageID))
		}
	}
}
