package check

import "github.com/ingot-build/ingot/translate/template"

func workload(t *template.ImageTemplate, r *report) {
	if s := t.Optimize.WorkloadState; s.Value == "Enabled" {
		r.add(finding{at: s.Range, path: "properties.optimize.workload.state", summary: "workload optimization is not covered yet",
			fix: `write "Disabled"`})
	}
}
