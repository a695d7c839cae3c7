package check

import "github.com/ingot-build/ingot/translate/template"

func regions(t *template.ImageTemplate, r *report) {
	for _, s := range sharedImages(t) {
		hasOld, hasNew := s.ReplicationRegions.IsSet(), s.TargetRegions.IsSet()
		switch {
		case hasOld && hasNew:
			r.add(finding{at: s.ReplicationRegions.Range, path: s.Path + ".replicationRegions",
				summary: `a distributor has both "replicationRegions" and "targetRegions"`, why: "the second is the newer form of the first",
				fix:     `move the regions to "targetRegions" and remove "replicationRegions"`,
				related: s.TargetRegions.Range, relatedMessage: `"targetRegions" is here`})
		case s.StorageAccountType.IsSet() && s.ReplicationRegions.IsAbsent():
			r.add(finding{at: s.StorageAccountType.Range, path: s.Path + ".storageAccountType",
				summary: `"storageAccountType" goes with "replicationRegions", which is not written`,
				fix:     `write it inside an entry of "targetRegions"`})
		}
	}
}
