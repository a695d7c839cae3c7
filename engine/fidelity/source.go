package fidelity

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/translate/plan"
)

// baseImage is about the disk that stands in for a marketplace image.
func baseImage(f Facts) []Difference {
	if f.Plan.Source.PlatformImage == nil || f.Base.Name == "" {
		return nil
	}
	why := "it was added on this machine: what is in it is what its file had"
	switch {
	case f.Base.Origin == OriginBootstrap:
		why = "it was made of the packages of this host's Debian mirror: kernel, versions and settings are Debian's of that day, " +
			"and not those of the publisher's build"
	case strings.Contains(f.Base.Origin, "://"):
		why = "it is the publisher's image for clouds at large: kernel and services may be others than those of the build for Azure"
	}
	return one(Difference{
		What: fmt.Sprintf("base image %s %s stands in for %s", f.Base.Name, f.Base.Version, f.sourceName()),
		Why:  why,
	}.about(f.Plan.Source.Origin))
}

// sourceVersion is about a version that the base image is not.
func sourceVersion(f Facts) []Difference {
	w := f.Plan.Source.PlatformImage
	if w == nil || f.Base.Version == "" || strings.EqualFold(w.Version, f.Base.Version) {
		return nil
	}
	d := Difference{
		What: fmt.Sprintf("the source is version %s here, and %s in the service", f.Base.Version, w.Version),
		Why:  "a base image stands for every version of its platform image, unless it was added for one",
	}
	if strings.EqualFold(w.Version, "latest") {
		d.What = fmt.Sprintf("the source is version %s here, and the newest of the marketplace in the service", f.Base.Version)
		d.Why = `the service looks up "latest" when the build runs; here it is the base image that there is`
	}
	return one(d.about(f.Plan.Source.Origin))
}

// gallerySource is about an image that the local gallery has under an id of Azure.
func gallerySource(f Facts) []Difference {
	if f.Plan.Source.PlatformImage != nil {
		return nil
	}
	return one(Difference{
		What: fmt.Sprintf("the source is what the gallery on this machine has as %s", lastSegments(f.sourceName())),
		Why:  "an image of the same id in Azure was made by another run, if there is one",
	}.about(f.Plan.Source.Origin))
}

// lastSegments are the two last pairs of a resource id.
func lastSegments(id string) string {
	parts := strings.Split(strings.Trim(id, "/"), "/")
	return strings.Join(parts[max(0, len(parts)-4):], "/")
}

func purchasePlan(f Facts) []Difference {
	w := f.Plan.Source.PlatformImage
	if w == nil || w.Plan == nil {
		return nil
	}
	return one(Difference{
		What: fmt.Sprintf("nobody bought plan %s of %s here", w.Plan.Name, w.Plan.Publisher),
		Why: "the service makes a VM of a paid image only in a subscription that accepted its terms, and the image that comes out " +
			"has the plan too",
	}.about(f.Plan.Source.Origin))
}

// What most marketplace images have. Source: the durations in the service's documentation are given for these.
const (
	linuxDiskGB   = 30
	windowsDiskGB = 127
)

const gib = 1 << 30

// diskSize is about a disk whose size the template leaves to its source.
func diskSize(f Facts) []Difference {
	if f.Plan.OSDiskSizeGB > 0 || f.Plan.Source.PlatformImage == nil || f.Base.Size == 0 {
		return nil
	}
	usual := int64(linuxDiskGB)
	if f.Plan.OS == plan.Windows {
		usual = windowsDiskGB
	}
	if f.Base.Size == usual*gib {
		return nil
	}
	return one(Difference{
		What: fmt.Sprintf("the OS disk has %s, as the base image; marketplace images of %s have %d GiB as a rule",
			humanize.IBytes(uint64(f.Base.Size)), f.Plan.OS, usual),
		Why: "without vmProfile.osDiskSizeGB the disk is as large as its source",
	})
}
