package preflight

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

const sourcePath = "properties.source"

const marketVersion = "Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read"

var (
	platformCalls = []call{
		{marketVersion, Ingot, "find the exact version, its generation and its plan"},
	}
	// platformDiskCalls are made where the image template has data disks.
	platformDiskCalls = []call{
		{marketVersion, Plugin, "find the data disks that the source has already"},
	}
	planCalls = []call{
		{"Microsoft.MarketplaceOrdering/offertypes/publishers/offers/plans/agreements/read", Link,
			"see that the terms of the paid image are accepted"},
	}
	managedSourceCalls = []call{
		{"Microsoft.Compute/images/read", Plugin, "find the source image and its data disks"},
		{"Microsoft.Compute/images/read", Link, "make the build VM of the source image"},
	}
	gallerySourceCalls = []call{
		{"Microsoft.Compute/galleries/images/read", Plugin, "see whether the source image is generalized"},
		{"Microsoft.Compute/galleries/images/versions/read", Ingot, "find the exact version and its regions"},
		{"Microsoft.Compute/galleries/images/versions/read", Plugin, "name the source image"},
		{"Microsoft.Compute/galleries/images/versions/read", Link, "make the build VM of the source image"},
	}
	sharedGalleryCalls = []call{
		{"Microsoft.Compute/locations/sharedGalleries/images/read", Ingot, "find the source image"},
		{"Microsoft.Compute/locations/sharedGalleries/images/versions/read", Ingot, "find the exact version"},
	}
	communityGalleryCalls = []call{
		{"Microsoft.Compute/locations/communityGalleries/images/read", Ingot, "find the source image"},
		{"Microsoft.Compute/locations/communityGalleries/images/versions/read", Ingot, "find the exact version"},
	}
)

// source is what the build VM's disk is made from.
func (d *deriver) source() error {
	s := d.plan.Source
	path := cmp.Or(s.Origin.Path, sourcePath)
	switch {
	case s.PlatformImage != nil:
		d.platformSource(path, s.PlatformImage)
	case s.ManagedImage != nil:
		return d.managedSource(path + ".imageId")
	case s.SharedImage != nil:
		return d.gallerySource(path + ".imageVersionId")
	default:
		panic("preflight: the source has no type")
	}
	return nil
}

func (d *deriver) platformSource(path string, p *plan.PlatformImage) {
	d.need(d.home, path, platformCalls...)
	if len(d.plan.DataDisksGB) > 0 {
		d.need(d.home, path, platformDiskCalls...)
	}
	d.fact(path, Fact{Kind: Source, Subject: p.URN(), Scope: d.home, Want: d.sourceWant(),
		Holds: fmt.Sprintf("the marketplace has the image%s, for %s", d.inRegion(), osName(d.plan.OS)),
		Why:   "the build VM's disk is made of it",
		Fix:   "list what there is: az vm image list --all --publisher " + p.Publisher + " --offer " + p.Offer})
	if p.Plan == nil {
		return
	}
	path += ".planInfo"
	d.need(d.home, path, planCalls...)
	d.fact(path, Fact{Kind: Terms, Subject: p.Plan.Publisher + ":" + p.Plan.Product + ":" + p.Plan.Name, Scope: d.home,
		Holds: "the terms of the plan are accepted in the subscription",
		Why:   "Azure makes no machine of a paid image before somebody has accepted its terms",
		Fix: fmt.Sprintf("az vm image terms accept --publisher %s --offer %s --plan %s",
			p.Plan.Publisher, p.Plan.Product, p.Plan.Name)})
}

func (d *deriver) managedSource(path string) error {
	r, err := parse(path, d.plan.Source.ManagedImage.ID, imageType)
	if err != nil {
		return err
	}
	d.need(groupOf(r), path, managedSourceCalls[0]) // the plugin lists the images of the group
	d.need(r.String(), path, managedSourceCalls[1])
	d.fact(path, Fact{Kind: Source, Subject: r.String(), Scope: r.String(), Want: d.sourceWant(),
		Holds: fmt.Sprintf("the managed image exists%s, is generalized, and is for %s", d.inRegion(), osName(d.plan.OS)),
		Why:   "the build VM's disk is made of it, in the region that the image is in",
		Fix:   "name an image of that region, or build in the region of the image"})
	return nil
}

func (d *deriver) gallerySource(path string) error {
	id := d.plan.Source.SharedImage.ID
	shared := map[string][]call{"/SharedGalleries/": sharedGalleryCalls, "/CommunityGalleries/": communityGalleryCalls}
	for prefix, calls := range shared {
		if _, ok := cutPrefixFold(id, prefix); ok {
			d.need(d.home, path, calls...)
			d.galleryFact(path, id, d.home)
			return nil
		}
	}
	r, err := parse(path, id, versionType)
	if err != nil {
		return err
	}
	d.need(r.Parent.String(), path, gallerySourceCalls...) // which version "latest" is, is not known yet
	d.galleryFact(path, r.String(), r.Parent.String())
	return nil
}

func (d *deriver) galleryFact(path, id, scope string) {
	what := "the image version exists"
	if strings.EqualFold(id[strings.LastIndexByte(id, '/')+1:], "latest") {
		what = "the image has a version that is not excluded from latest"
	}
	if d.location != "" {
		what += ", is replicated to " + d.location
	}
	d.fact(path, Fact{Kind: Source, Subject: id, Scope: scope, Want: d.sourceWant(),
		Holds: what + ", is generalized, and is for " + osName(d.plan.OS),
		Why:   "the build VM's disk is made of the replica in its own region",
		Fix: "add the region to the version (az sig image-version update --add publishingProfile.targetRegions name=REGION), " +
			"or name another version"})
}

func (d *deriver) sourceWant() Want {
	return Want{Location: d.location, OS: d.plan.OS, Source: d.wantSource()}
}

func (d *deriver) inRegion() string {
	if d.location == "" {
		return ""
	}
	return " in " + d.location
}

func osName(os plan.OS) string {
	if os == plan.Windows {
		return "Windows"
	}
	return "Linux"
}

func index(i int) string { return fmt.Sprintf("[%d]", i) }
