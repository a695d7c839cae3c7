package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func galleryImageID(t *template.ImageTemplate, r *report) {
	for _, s := range sharedImages(t) {
		at := s.GalleryImageID.Range
		id, ok := s.GalleryImageID.Get()
		version, hasVersion := versionOf(id)
		if !ok || definitionID.MatchString(id) || template.Placeholder(version) != "" ||
			!hasVersion && template.Placeholder(id) != "" {
			continue
		}
		switch {
		case !hasVersion:
			r.add(r.mendSlashes(finding{at: at, path: s.Path + ".galleryImageId",
				summary: notID("galleryImageId", id, "a gallery image definition or version"),
				fix:     "write " + definitionIDForm + ", and /versions/<x.y.z> for a version of your choice"}, s.GalleryImageID, definitionID))
		case !exactVersion(version):
			r.add(finding{at: at, path: s.Path + ".galleryImageId",
				summary: fmt.Sprintf("%q is not a version x.y.z", version),
				why:     "the three parts are whole numbers of 32 bits",
				fix:     "write a version like 1.0.0, or leave /versions/… out for an automatic one"})
		}
	}
}

// sharedImages returns the distributors that make gallery versions.
func sharedImages(t *template.ImageTemplate) []*template.DistributeSharedImage {
	var all []*template.DistributeSharedImage
	for _, d := range t.Distribute.Value {
		if s, ok := d.(*template.DistributeSharedImage); ok {
			all = append(all, s)
		}
	}
	return all
}
