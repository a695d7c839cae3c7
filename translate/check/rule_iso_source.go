package check

import "github.com/ingot-build/ingot/translate/template"

func isoSource(t *template.ImageTemplate, r *report) {
	if s, ok := t.Source.(*template.ISO); ok {
		r.add(finding{at: s.Range, path: "properties.source", summary: "ISO sources are not covered",
			why: "the service refuses them since March 2020", fix: "use a PlatformImage, or add the installed disk: ingot image add"})
	}
}
