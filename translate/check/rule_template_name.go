package check

import (
	"fmt"
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

// The patterns of template names and of runOutputNames: the dot came with 2019-05-01-preview.
var (
	resourceName    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	oldResourceName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// wrongName says what is wrong with a name in the template's api-version; "" if nothing is, or it has a placeholder.
func wrongName(t *template.ImageTemplate, name string) string {
	const dotSince = "2019-05-01-preview"
	switch {
	case template.Placeholder(name) != "":
		return ""
	case t.Before(dotSince) && !oldResourceName.MatchString(name):
		return "letters, digits, dash and underscore are allowed, 1 to 64 of them; dots from api-version " + dotSince + " on"
	case !resourceName.MatchString(name):
		return "letters, digits, dot, dash and underscore are allowed, 1 to 64 of them"
	}
	return ""
}

func templateName(t *template.ImageTemplate, r *report) {
	name, ok := t.Name.Get()
	if why := wrongName(t, name); ok && why != "" {
		r.add(finding{at: t.Name.Range, path: "name", summary: fmt.Sprintf("the image template cannot be named %q", name), why: why})
	}
}
