package rig

import (
	"fmt"
	"strings"
)

// Finished tells whether an image, or an image version, is complete; false for one that is not there.
func (r *Rig) Finished(id string) bool {
	document := r.Sim.Resource(id)
	if document == nil {
		return false
	}
	properties, _ := document["properties"].(map[string]any)
	if state, _ := properties["provisioningState"].(string); state != "Succeeded" {
		return false
	}
	status, _ := properties["replicationStatus"].(map[string]any)
	state, _ := status["aggregatedState"].(string)
	return state == "" || state == "Completed"
}

// Distributed are the ids of the run outputs that a build says it has made, and complains of each that is not what was asked for or
// is not complete.
func (r *Rig) Distributed(o Outcome) (ids, wrong []string) {
	wanted := map[string]string{ManagedOutput: ManagedImage, GalleryOutput: Version}
	for _, out := range o.Result.Outputs {
		id, known := wanted[out.Name]
		switch {
		case out.Name == VHDOutput:
			continue // it is no resource; see HasBlob
		case !known || out.ArtifactID != "" && !strings.EqualFold(out.ArtifactID, id):
			wrong = append(wrong, fmt.Sprintf("the output %q is %q", out.Name, out.ArtifactID))
		case out.ArtifactID == "": // it failed
			continue
		case !r.Finished(id):
			wrong = append(wrong, fmt.Sprintf("the output %q is not complete", out.Name))
		}
		ids = append(ids, id)
	}
	return ids, wrong
}

// All are the ids of what a build makes that succeeds.
func (r *Rig) All() []string { return []string{ManagedImage, Version} }
