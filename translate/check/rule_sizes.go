package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// maxOSDiskGB is the largest OS disk of Azure, in GiB.
// Reference: https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview
const maxOSDiskGB = 4095

func sizes(t *template.ImageTemplate, r *report) {
	if d := t.VMProfile.OSDiskSizeGB; d.IsSet() && (d.Value < 0 || d.Value > maxOSDiskGB) {
		r.add(finding{at: d.Range, path: "properties.vmProfile.osDiskSizeGB",
			summary: fmt.Sprintf("the OS disk is to have %d GB", d.Value),
			why:     fmt.Sprintf("it has 1 to %d, or 0 for the size of the source", maxOSDiskGB)})
	}
	for _, s := range sharedImages(t) {
		for i, region := range s.TargetRegions {
			if c := region.ReplicaCount; c.IsSet() && c.Value < 1 {
				r.add(finding{at: c.Range, path: fmt.Sprintf("%s.targetRegions[%d].replicaCount", s.Path, i),
					summary: fmt.Sprintf("the replica count is %d", c.Value), why: "a region that is listed has at least one replica"})
			}
		}
	}
}
