package check

import "github.com/ingot-build/ingot/translate/template"

func autoRun(t *template.ImageTemplate, r *report) {
	if s := t.AutoRunState; s.Value == "Enabled" {
		r.add(finding{at: s.Range, path: "properties.autoRun.state", summary: "auto run is not covered yet",
			why: "a run starts when you start it", fix: `write "Disabled", and run: ingot build FILE`})
	}
}
