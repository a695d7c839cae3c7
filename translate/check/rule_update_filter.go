package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// updateFilter goes by the plugin that installs the updates: a filter says what to do with an update, and an expression
// for which.
// Reference: https://github.com/rgl/packer-plugin-windows-update#filters
func updateFilter(t *template.ImageTemplate, r *report) {
	windowsUpdates(t, func(u *template.WindowsUpdate) {
		for i, filter := range u.Filters.Value {
			text, ok := filter.Get()
			if !ok || strings.HasPrefix(text, "include:") || strings.HasPrefix(text, "exclude:") {
				continue
			}
			r.add(finding{at: filter.Range, path: fmt.Sprintf("%s.filters[%d]", u.Path, i),
				summary: "a filter begins neither with include: nor with exclude:",
				why:     "it matches no update, and updates that no filter matches are not installed",
				fix:     `write for example "exclude:$_.Title -like '*Preview*'", and "include:$true" after it`})
		}
	})
}

func windowsUpdates(t *template.ImageTemplate, f func(*template.WindowsUpdate)) {
	for _, c := range t.Customize.Value {
		if u, ok := c.(*template.WindowsUpdate); ok {
			f(u)
		}
	}
}
