package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agext/levenshtein"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// regionSpelling speaks only of what is no region and near to one: new regions are none of its business. The location
// of the template has a rule of its own.
func regionSpelling(t *template.ImageTemplate, r *report) {
	known := slices.Concat(templateRegions, otherRegions, slices.Collect(maps.Keys(previewRegions)))
	look := func(s template.String, path string) {
		v, ok := s.Get()
		name := regionName(v)
		if !ok || name == "" || isRegion(name) || template.Placeholder(v) != "" {
			return
		}
		if near := diag.Near(name, known); near != "" && levenshtein.Distance(name, near, nil) <= 2 {
			r.add(finding{at: s.Range, path: path, summary: fmt.Sprintf("there is no region %q", v),
				fix: fmt.Sprintf("did you mean %q?", near)})
		}
	}
	for _, d := range t.Distribute.Value {
		if m, ok := d.(*template.DistributeManagedImage); ok {
			look(m.Location, m.Path+".location")
		}
	}
	for _, s := range sharedImages(t) {
		for _, region := range regionsOf(s) {
			look(region.name, region.path)
		}
	}
}
