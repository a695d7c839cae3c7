package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func versionAndScheme(t *template.ImageTemplate, r *report) {
	for _, s := range sharedImages(t) {
		version, explicit := versionOf(s.GalleryImageID.Value)
		if !s.Versioning.IsSet() || !explicit {
			continue
		}
		r.add(finding{at: s.Versioning.Range, path: s.Path + ".versioning",
			summary: fmt.Sprintf("the galleryImageId says version %s, and \"versioning\" asks for an automatic one", version),
			fix:     `remove "versioning", or /versions/… from the id`,
			related: s.GalleryImageID.Range, relatedMessage: "the version is written here"})
	}
}
