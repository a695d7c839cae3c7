package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func versioning(t *template.ImageTemplate, r *report) {
	for _, s := range sharedImages(t) {
		v := s.Versioning
		path := s.Path + ".versioning"
		r.oneOf(v.Scheme, path+".scheme", "Latest", "Source")
		// "major" with the scheme "Source" is no property at all: Decode says so.
		if major, ok := v.Major.Get(); ok && major < -1 {
			r.add(finding{at: v.Major.Range, path: path + ".major", summary: fmt.Sprintf("\"major\" is %d", major),
				why: "it is a version's first number, or -1 for any"})
		}
	}
}
