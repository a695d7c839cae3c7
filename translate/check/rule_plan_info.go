package check

import "github.com/ingot-build/ingot/translate/template"

func planInfo(t *template.ImageTemplate, r *report) {
	if s, ok := t.Source.(*template.PlatformImage); ok && s.PlanInfo.IsSet() {
		r.add(finding{at: s.PlanInfo.Range, path: "properties.source.planInfo", summary: "no purchase plan is bought on this machine",
			why: "the source is a base image of the local store, whatever plan it has in the marketplace"})
	}
}
