package check

import "github.com/ingot-build/ingot/translate/template"

// workloadScript wants the script and the state of optimize.workload together.
func workloadScript(t *template.ImageTemplate, r *report) {
	o := t.Optimize
	const path = "properties.optimize.workload"
	state, hasState := o.WorkloadState.Get()
	uri, hasURI := o.Workload.ScriptURI.Get()
	switch {
	case state == "Enabled" && (o.Workload.ScriptURI.IsAbsent() || hasURI && uri == ""):
		r.add(finding{at: o.WorkloadState.Range, path: path + ".state",
			summary: "there is no script of the workload to optimize for",
			why:     "the image is optimized for what this script does", fix: `add "scriptUri" and "sha256Checksum"`})
	case hasURI && uri != "" && (o.WorkloadState.IsAbsent() || hasState && state == "Disabled"):
		r.add(finding{at: o.Workload.ScriptURI.Range, path: path + ".scriptUri",
			summary: "the script of the workload is not used", why: `the state is not "Enabled"`,
			fix: `write "state": "Enabled", or remove "workload"`})
	}
}
