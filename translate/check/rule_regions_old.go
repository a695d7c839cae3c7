package check

import "github.com/ingot-build/ingot/translate/template"

func regionsOld(t *template.ImageTemplate, r *report) {
	const since = "2022-07-01"
	for _, s := range sharedImages(t) {
		if t.Since(since) && s.ReplicationRegions.IsSet() && s.TargetRegions.IsAbsent() {
			r.add(finding{at: s.ReplicationRegions.Range, path: s.Path + ".replicationRegions",
				summary: `"replicationRegions" is deprecated`,
				why:     `"targetRegions" took its place in api-version ` + since,
				fix:     `write "targetRegions": [{"name": "<region>", "replicaCount": 1}]`})
		}
	}
}
