package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// placeholderName refuses placeholders where a build makes names of them. The rules about the form of names and ids
// have left those to the person who fills them in.
func placeholderName(t *template.ImageTemplate, r *report) {
	refuse := func(s template.String, path, what string) {
		if found := template.Placeholder(s.Value); found != "" {
			r.add(finding{at: s.Range, path: path, summary: fmt.Sprintf("nothing can be built with %s in the %s", found, what),
				why: "it marks what is to be filled in", fix: "write the value in its place"})
		}
	}
	refuse(t.Name, "name", "name")
	switch s := t.Source.(type) {
	case *template.ManagedImage:
		refuse(s.ImageID, "properties.source.imageId", "id of the source")
	case *template.SharedImageVersion:
		refuse(s.ImageVersionID, "properties.source.imageVersionId", "id of the source")
	}
	for _, d := range t.Distribute.Value {
		refuse(d.Base().RunOutputName, d.Base().Path+".runOutputName", "runOutputName")
		switch d := d.(type) {
		case *template.DistributeManagedImage:
			refuse(d.ImageID, d.Path+".imageId", "imageId")
		case *template.DistributeSharedImage:
			refuse(d.GalleryImageID, d.Path+".galleryImageId", "galleryImageId")
		}
	}
}
