package check

import "github.com/ingot-build/ingot/translate/template"

// targetIsSource is about a version that must not exist yet, and does: it is the source.
func targetIsSource(t *template.ImageTemplate, r *report) {
	source, ok := t.Source.(*template.SharedImageVersion)
	if !ok {
		return
	}
	from, ok := source.ImageVersionID.Get()
	if version, has := versionOf(from); !ok || !has || !exactVersion(version) || template.Placeholder(from) != "" {
		return
	}
	for _, s := range sharedImages(t) {
		if to, ok := s.GalleryImageID.Get(); ok && sameID(from, to) {
			r.add(finding{at: s.GalleryImageID.Range, path: s.Path + ".galleryImageId",
				summary: "the version to make is the source", why: "a version cannot be replaced, and this one exists",
				fix:     "write the next version, or leave /versions/… out for an automatic one",
				related: source.ImageVersionID.Range, relatedMessage: "the source is here"})
		}
	}
}
