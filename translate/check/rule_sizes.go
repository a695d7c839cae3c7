package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// maxOSDiskGB is the largest OS disk of Azure, in GiB.
// Reference: https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview
const maxOSDiskGB = 4095

func sizes(t *template.ImageTemplate, r *report) {
	if gb, ok := t.VMProfile.OSDiskSizeGB.Get(); ok && (gb < 0 || gb > maxOSDiskGB) {
		r.add(finding{at: t.VMProfile.OSDiskSizeGB.Range, path: "properties.vmProfile.osDiskSizeGB",
			summary: fmt.Sprintf("the OS disk is to have %d GB", gb),
			why:     fmt.Sprintf("it has 1 to %d, or 0 for the size of the source", maxOSDiskGB)})
	}
	windowsUpdates(t, func(u *template.WindowsUpdate) {
		if limit, ok := u.UpdateLimit.Get(); ok && limit < 0 {
			r.add(finding{at: u.UpdateLimit.Range, path: u.Path + ".updateLimit", summary: fmt.Sprintf("the limit of updates is %d", limit),
				why: "it is the number of updates to install at a time, or 0 for the default of 1000"})
		}
	})
	for _, s := range sharedImages(t) {
		for i, region := range s.TargetRegions.Value {
			if count, ok := region.ReplicaCount.Get(); ok && count < 1 {
				r.add(finding{at: region.ReplicaCount.Range, path: fmt.Sprintf("%s.targetRegions[%d].replicaCount", s.Path, i),
					summary: fmt.Sprintf("the replica count is %d", count), why: "a region that is listed has at least one replica"})
			}
		}
	}
}
