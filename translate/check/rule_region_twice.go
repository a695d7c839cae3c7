package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func regionTwice(t *template.ImageTemplate, r *report) {
	for _, s := range sharedImages(t) {
		first := map[string]template.String{}
		for _, region := range regionsOf(s) {
			name, ok := region.name.Get()
			if !ok || name == "" || template.Placeholder(name) != "" || s.ReplicationRegions.IsSet() && s.TargetRegions.IsSet() {
				continue
			}
			before, twice := first[regionName(name)]
			if !twice {
				first[regionName(name)] = region.name
				continue
			}
			r.add(finding{at: region.name.Range, path: region.path,
				summary: fmt.Sprintf("the region %q is listed twice", name),
				fix:     "remove one of them", related: before.Range, relatedMessage: "first written here"})
		}
	}
}
