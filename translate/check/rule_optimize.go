package check

import "github.com/ingot-build/ingot/translate/template"

func optimize(t *template.ImageTemplate, r *report) {
	if s := t.Optimize.VMBootState; s.Value == "Enabled" {
		r.add(finding{at: s.Range, path: "properties.optimize.vmBoot.state", summary: "boot optimization (vmBoot) is not covered yet",
			fix: `write "Disabled"`})
	}
}
