package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// sameDefinition is about a template that builds on the newest version of a definition and adds the next one to it: a
// run starts from the result of the last one, and the image grows by every customizer once more each time.
func sameDefinition(t *template.ImageTemplate, r *report) {
	source, ok := t.Source.(*template.SharedImageVersion)
	if !ok {
		return
	}
	from, ok := source.ImageVersionID.Get()
	if version, has := versionOf(from); !ok || !has || !strings.EqualFold(version, "latest") {
		return
	}
	for _, s := range sharedImages(t) {
		to, ok := s.GalleryImageID.Get()
		excluded, known := s.ExcludeFromLatest.Get()
		if ok && !excluded && (known || s.ExcludeFromLatest.IsAbsent()) && template.Placeholder(from+to) == "" &&
			sameID(definitionOf(from), definitionOf(to)) {
			r.add(finding{at: s.GalleryImageID.Range, path: s.Path + ".galleryImageId",
				summary: "each run starts from the image that the last one made",
				why:     "the source is the latest version of the definition that the distributor adds to",
				fix:     `distribute to another definition, name the version of the source, or write "excludeFromLatest": true`,
				related: source.ImageVersionID.Range, relatedMessage: "the source is here"})
		}
	}
}

// definitionOf cuts the version off the id of a gallery version.
func definitionOf(id string) string {
	if i := strings.Index(strings.ToLower(id), "/versions/"); i >= 0 {
		return id[:i]
	}
	return strings.TrimSuffix(id, "/")
}
