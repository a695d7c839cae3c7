package source

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/translate/plan"
)

// gallery finds a version by its id, whose last part may be "latest": of a gallery in a resource group, whatever its subscription, or
// of one that somebody shares.
func (f *finder) gallery(ctx context.Context, id string) (*image, error) {
	part := strings.Split(strings.Trim(id, "/"), "/")
	if len(part) == 6 && strings.EqualFold(part[2], "images") && strings.EqualFold(part[4], "versions") {
		switch strings.ToLower(part[0]) {
		case "sharedgalleries":
			return f.shared(ctx, sharedID{part[0], part[1], part[3], part[5]})
		case "communitygalleries":
			return f.community(ctx, sharedID{part[0], part[1], part[3], part[5]})
		}
	}
	at, err := arm.ParseResourceID(id)
	if err != nil || !strings.EqualFold(at.ResourceType.String(), "Microsoft.Compute/galleries/images/versions") {
		return nil, missing("%q is no id of a version of a gallery image", id)
	}
	return f.own(ctx, at)
}

// own finds a version in a resource group.
func (f *finder) own(ctx context.Context, at *arm.ResourceID) (*image, error) {
	definitions, err := armcompute.NewGalleryImagesClient(at.SubscriptionID, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	group, gallery, name := at.ResourceGroupName, at.Parent.Parent.Name, at.Parent.Name
	d, err := definitions.Get(ctx, group, gallery, name, nil)
	if absent(err) {
		return nil, missing("the image definition %q does not exist", at.Parent.String())
	}
	if err != nil {
		return nil, err
	}
	img := &image{}
	if p := d.Properties; p != nil {
		img = described(p.OSType, p.OSState, p.HyperVGeneration, p.Architecture, p.Features)
	}
	v, err := f.version(ctx, at)
	if err != nil {
		return nil, err
	}
	img.exact.Version, img.exact.ID = text(v.Name), at.Parent.String()+"/versions/"+text(v.Name)
	img.regions = []string{}
	if v.Properties != nil && v.Properties.PublishingProfile != nil {
		for _, r := range v.Properties.PublishingProfile.TargetRegions {
			if r != nil {
				img.regions = append(img.regions, region(text(r.Name)))
			}
		}
	}
	return img, nil
}

// version reads one version. "latest" is the highest that is not excluded from that, and that is in the region: Azure takes it so.
func (f *finder) version(ctx context.Context, at *arm.ResourceID) (*armcompute.GalleryImageVersion, error) {
	versions, err := armcompute.NewGalleryImageVersionsClient(at.SubscriptionID, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	group, gallery, name := at.ResourceGroupName, at.Parent.Parent.Name, at.Parent.Name
	if !strings.EqualFold(at.Name, "latest") {
		v, err := versions.Get(ctx, group, gallery, name, at.Name, nil)
		if absent(err) {
			return nil, missing("the image version %q does not exist", at.String())
		}
		if err == nil && v.Name == nil {
			v.Name = &at.Name
		}
		return &v.GalleryImageVersion, err
	}
	var best *armcompute.GalleryImageVersion
	for pages := versions.NewListByGalleryImagePager(group, gallery, name, nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range page.Value {
			if v != nil && v.Name != nil && f.canBeLatest(v) && (best == nil || newer(*v.Name, *best.Name)) {
				best = v
			}
		}
	}
	if best == nil {
		return nil, missing("the image %q has no version in %s that \"latest\" could be", at.Parent.String(), f.location)
	}
	return best, nil
}

func (f *finder) canBeLatest(v *armcompute.GalleryImageVersion) bool {
	p := v.Properties
	if p == nil || p.PublishingProfile == nil || text(p.ProvisioningState) != string(armcompute.GalleryProvisioningStateSucceeded) {
		return false
	}
	if x := p.PublishingProfile.ExcludeFromLatest; x != nil && *x {
		return false
	}
	for _, r := range p.PublishingProfile.TargetRegions {
		if r == nil || region(text(r.Name)) != f.location {
			continue
		}
		return r.ExcludeFromLatest == nil || !*r.ExcludeFromLatest
	}
	return false
}

// described is what an image definition says of all its versions. What it leaves out is the oldest kind.
func described(os *armcompute.OperatingSystemTypes, state *armcompute.OperatingSystemStateTypes, generation *armcompute.HyperVGeneration,
	architecture *armcompute.Architecture, features []*armcompute.GalleryImageFeature) *image {
	img := &image{os: text(os), state: text(state), exact: plan.Exact{Generation: "V1", Architecture: "x64"}}
	if g := text(generation); g != "" {
		img.exact.Generation = g
	}
	if a := text(architecture); a != "" {
		img.exact.Architecture = a
	}
	for _, feature := range features {
		if feature != nil && strings.EqualFold(text(feature.Name), "SecurityType") {
			img.exact.SecurityType = text(feature.Value)
		}
	}
	return img
}
