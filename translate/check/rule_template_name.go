package check

import (
	"fmt"
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

// resourceName is the pattern of template names and of runOutputNames since 2019-05-01-preview.
var resourceName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

const resourceNameRule = "letters, digits, dot, dash and underscore are allowed, 1 to 64 of them"

func templateName(t *template.ImageTemplate, r *report) {
	if name, ok := t.Name.Get(); ok && !resourceName.MatchString(name) {
		r.add(finding{at: t.Name.Range, path: "name",
			summary: fmt.Sprintf("the image template cannot be named %q", name), why: resourceNameRule})
	}
}
