package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// targetTwice is about two distributors of which the second fails, or replaces what the first one made.
func targetTwice(t *template.ImageTemplate, r *report) {
	first := map[string]template.String{}
	look := func(s template.String, path, why string) {
		v, ok := s.Get()
		if !ok || v == "" || template.Placeholder(v) != "" {
			return
		}
		key := strings.ToLower(strings.TrimSuffix(v, "/"))
		before, twice := first[key]
		if !twice {
			first[key] = s
			return
		}
		r.add(finding{at: s.Range, path: path, summary: "two distributors have the same target", why: why,
			fix:     "remove one of them, or give it another target",
			related: before.Range, relatedMessage: "first written here"})
	}
	for _, d := range t.Distribute.Value {
		switch d := d.(type) {
		case *template.DistributeManagedImage:
			look(d.ImageID, d.Path+".imageId", "one image replaces the other")
		case *template.DistributeSharedImage:
			if _, explicit := versionOf(d.GalleryImageID.Value); explicit {
				look(d.GalleryImageID, d.Path+".galleryImageId", "a version can be made once")
			} else {
				look(d.GalleryImageID, d.Path+".galleryImageId", "each run would make two versions of one image")
			}
		case *template.DistributeVHD:
			look(d.URI, d.Path+".uri", "one VHD replaces the other, if both are written at all")
		}
	}
}
