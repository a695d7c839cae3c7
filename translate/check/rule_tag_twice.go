package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// tagTwice is about names that differ by case. The same name twice is a matter of JSON.
func tagTwice(t *template.ImageTemplate, r *report) {
	everyTags(t, func(tags template.List[template.Tag], path string, onResource bool) {
		first := map[string]template.String{}
		for _, tag := range tags.Value {
			name, ok := tag.Key.Get()
			if !ok || !onResource {
				continue
			}
			before, twice := first[strings.ToLower(name)]
			if !twice {
				first[strings.ToLower(name)] = tag.Key
			} else if before.Value != name {
				r.add(finding{at: tag.Key.Range, path: path,
					summary: fmt.Sprintf("the tags %q and %q are the same", before.Value, name),
					why:     "upper and lower case do not count in the names of tags", fix: "remove one of them",
					related: before.Range, relatedMessage: "first written here"})
			}
		}
	})
}
