package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/translate/plan"
)

// check lists why an image cannot be the source of the plan.
func (f *finder) check(img *image) []*problem {
	var list []*problem
	bad := func(why, fix, format string, args ...any) {
		list = append(list, &problem{preflight.CodeSource, fmt.Sprintf(format, args...), why, fix})
	}
	if want := osName(f.plan.OS); img.os != "" && !strings.EqualFold(img.os, want) {
		bad("the customizers of the image template are those of "+want, "name another source image",
			"the source image is for %s, and the image template for %s", img.os, want)
	}
	if strings.EqualFold(img.state, "Specialized") {
		bad("a machine made from it has the users and the name of the one it was taken from, and nobody is let in",
			"name a generalized image", "the source image is specialized, not generalized")
	}
	if img.regions != nil && !slices.Contains(img.regions, f.location) {
		bad("the build VM's disk is made of the replica in its own region", "replicate the image to that region, or build in another one",
			"the source image is in %s, and the build VM in %s", strings.Join(img.regions, ", "), f.location)
	}
	if strings.EqualFold(img.exact.SecurityType, "ConfidentialVM") {
		bad("the disk of a confidential VM is encrypted for that machine: the builder captures it only into a gallery, by itself, and what "+
			"Ingot distributes and validates is a snapshot", "name an image of the security type ConfidentialVMSupported, or a standard one",
			"the source image makes only confidential VMs")
	}
	if img.paid != nil && f.plan.Source.PlatformImage != nil && f.plan.Source.PlatformImage.Plan == nil {
		list = append(list, &problem{preflight.CodeTerms, "the source image is paid for, and the image template does not name its plan",
			"Azure makes a machine of a paid image only for who names the plan",
			fmt.Sprintf("add planInfo with planName %q, planProduct %q and planPublisher %q", img.paid.Name, img.paid.Product,
				img.paid.Publisher)})
	}
	return list
}

func osName(os plan.OS) string {
	if os == plan.Windows {
		return "Windows"
	}
	return "Linux"
}
