package check

import "github.com/ingot-build/ingot/translate/template"

// noRegions is about a list that is written and empty.
func noRegions(t *template.ImageTemplate, r *report) {
	for _, s := range sharedImages(t) {
		old, hasOld := s.ReplicationRegions.Get()
		newer, hasNew := s.TargetRegions.Get()
		f := finding{summary: "no region is listed", why: "the region of the gallery is to be among them",
			fix: "name it, and each region in which VMs are made of the image"}
		switch {
		case hasOld && len(old) == 0 && s.TargetRegions.IsAbsent():
			f.at, f.path = s.ReplicationRegions.Range, s.Path+".replicationRegions"
		case hasNew && len(newer) == 0 && s.ReplicationRegions.IsAbsent():
			f.at, f.path = s.TargetRegions.Range, s.Path+".targetRegions"
		default:
			continue
		}
		r.add(f)
	}
}
