package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// nameTwice counts customizers and validators apart: they have logs of their own.
func nameTwice(t *template.ImageTemplate, r *report) {
	first := map[string]template.String{}
	look := func(c template.Common) {
		name, ok := c.Name.Get()
		if !ok || name == "" || template.Placeholder(name) != "" {
			return
		}
		before, twice := first[name]
		if !twice {
			first[name] = c.Name
			return
		}
		r.add(finding{at: c.Name.Range, path: c.Path + ".name", summary: fmt.Sprintf("the name %q is used twice", name),
			why: "logs and findings tell customizers apart by it", fix: "give each a name of its own",
			related: before.Range, relatedMessage: "first written here"})
	}
	for _, c := range t.Customize.Value {
		look(c.Base())
	}
	clear(first)
	for _, v := range t.Validate.InVMValidations.Value {
		look(v.Base())
	}
}
