package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// updateNone is about filters that only exclude. The first filter that matches counts, and what none matches is not
// installed.
func updateNone(t *template.ImageTemplate, r *report) {
	windowsUpdates(t, func(u *template.WindowsUpdate) {
		all, ok := u.Filters.Get()
		if !ok || len(all) == 0 {
			return
		}
		for _, filter := range all {
			if text, ok := filter.Get(); !ok || !strings.HasPrefix(text, "exclude:") {
				return
			}
		}
		r.add(finding{at: u.Filters.Range, path: u.Path + ".filters", summary: "no update passes these filters",
			why: "all of them exclude, and updates that no filter matches are not installed",
			fix: `add "include:$true" as the last one`})
	})
}
