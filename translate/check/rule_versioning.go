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
		switch major, ok := v.Major.Get(); {
		case ok && major < -1:
			r.add(finding{at: v.Major.Range, path: path + ".major", summary: fmt.Sprintf("\"major\" is %d", major),
				why: "it is a version's first number, or -1 for any"})
		case ok && major >= 0 && v.Scheme.Value == "Source":
			r.add(finding{at: v.Major.Range, path: path + ".major", summary: `"major" has no meaning with the scheme "Source"`,
				why: "that scheme takes all of the source's version", fix: `remove it, or write the scheme "Latest"`})
		}
	}
}
