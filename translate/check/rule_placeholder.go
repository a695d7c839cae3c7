package check

import (
	"fmt"
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

// placeholderForm is how published templates mark what the reader is to fill in: <subscriptionID>.
var placeholderForm = regexp.MustCompile(`<[A-Za-z][A-Za-z0-9_ -]*>`)

func placeholder(t *template.ImageTemplate, r *report) {
	look := func(s template.String, path string) {
		v, _ := s.Get()
		if found := placeholderForm.FindString(v); found != "" {
			r.add(finding{at: s.Range, path: path, summary: fmt.Sprintf("the placeholder %s was not filled in", found),
				why: "it is taken as it stands"})
		}
	}
	look(t.Location, "location")
	for _, id := range t.Identity.UserAssigned.Value {
		look(id, "identity.userAssignedIdentities")
	}
	switch s := t.Source.(type) {
	case *template.ManagedImage:
		look(s.ImageID, "properties.source.imageId")
	case *template.SharedImageVersion:
		look(s.ImageVersionID, "properties.source.imageVersionId")
	}
	for _, d := range t.Distribute.Value {
		look(d.Base().RunOutputName, d.Base().Path+".runOutputName")
		switch d := d.(type) {
		case *template.DistributeManagedImage:
			look(d.ImageID, d.Path+".imageId")
			look(d.Location, d.Path+".location")
		case *template.DistributeSharedImage:
			look(d.GalleryImageID, d.Path+".galleryImageId")
			for _, region := range d.ReplicationRegions.Value {
				look(region, d.Path+".replicationRegions")
			}
		}
	}
}
