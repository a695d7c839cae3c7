package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

func versionLatest(t *template.ImageTemplate, r *report) {
	add := func(s template.String, property string) {
		r.add(finding{at: s.Range, path: "properties.source." + property,
			summary: "the version of the source is chosen by each run",
			why:     "latest is looked up when the build starts, so two runs of one template may differ"})
	}
	switch s := t.Source.(type) {
	case *template.PlatformImage:
		if v, ok := s.Version.Get(); ok && strings.EqualFold(v, "latest") {
			add(s.Version, "version")
		}
	case *template.SharedImageVersion:
		id, ok := s.ImageVersionID.Get()
		if v, has := versionOf(id); ok && has && strings.EqualFold(v, "latest") {
			add(s.ImageVersionID, "imageVersionId")
		}
	}
}
