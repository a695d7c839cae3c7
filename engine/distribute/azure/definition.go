package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// definition reads the gallery and the image definition of a destination, and gives the gallery's region. What does not fit is said
// now, and not by a version that fails after an hour.
func (j *job) definition(ctx context.Context, id *arm.ResourceID, s *plan.SharedImage) (place string, err error) {
	clients, err := j.compute(id.SubscriptionID)
	if err != nil {
		return "", err
	}
	gallery, err := read(ctx, func() (armcompute.GalleriesClientGetResponse, error) {
		return clients.NewGalleriesClient().Get(ctx, id.ResourceGroupName, id.Parent.Name, nil)
	})
	if err != nil {
		return "", wrong(err, "read gallery %q", id.Parent.Name)
	}
	def, err := read(ctx, func() (armcompute.GalleryImagesClientGetResponse, error) {
		return clients.NewGalleryImagesClient().Get(ctx, id.ResourceGroupName, id.Parent.Name, id.Name, nil)
	})
	if err != nil {
		return "", wrong(err, "read image definition %q", id.Name)
	}
	place = region(value(gallery.Location))
	return place, fits(def.GalleryImage, j.journal.read().Snapshot, s, place)
}

// fits holds an image against the definition that it is to become a version of.
func fits(def armcompute.GalleryImage, s target.Snapshot, to *plan.SharedImage, place string) error {
	p := def.Properties
	if p == nil {
		return fmt.Errorf("image definition %q has no properties", value(def.Name))
	}
	const cure = "make a definition that fits (az sig image-definition create), or name one"
	for _, m := range []struct{ what, is, want string }{
		{"OS", string(value(p.OSType)), string(s.OS)},
		{"generation", string(value(p.HyperVGeneration)), s.Generation},
		{"architecture", string(value(p.Architecture)), s.Architecture},
	} {
		if m.is != "" && m.want != "" && !strings.EqualFold(m.is, m.want) {
			return &MisfitError{What: fmt.Sprintf("the %s of image definition %q is %s, and that of the image %s",
				m.what, value(def.Name), m.is, m.want), Reason: "an image version has to be as its definition says", Cure: cure}
		}
	}
	if value(p.OSState) == armcompute.OperatingSystemStateTypesSpecialized {
		return &MisfitError{What: fmt.Sprintf("image definition %q is for specialized images, and the image is generalized",
			value(def.Name)), Reason: "an image version has to be as its definition says", Cure: cure}
	}
	if is := securityOf(p); !takes(is, s.SecurityType) {
		return &MisfitError{What: fmt.Sprintf("the security type of image definition %q is %s, and that of the image %s",
			value(def.Name), is, orStandard(s.SecurityType)), Reason: "an image version has to be as its definition says", Cure: cure}
	}
	own := func(r plan.TargetRegion) bool { return region(r.Name) == place }
	if len(to.Regions) > 0 && !slices.ContainsFunc(to.Regions, own) {
		return &MisfitError{What: fmt.Sprintf("the gallery's own region, %s, is not one of the target regions", place),
			Reason: "Azure keeps the version's own replica in the gallery's region", Cure: "add " + place + " to the target regions"}
	}
	return nil
}

func securityOf(p *armcompute.GalleryImageProperties) string {
	for _, f := range p.Features {
		if f != nil && strings.EqualFold(value(f.Name), "SecurityType") {
			return value(f.Value)
		}
	}
	return "Standard"
}

func orStandard(security string) string {
	if security == "" {
		return "Standard"
	}
	return security
}

// takes tells whether a definition takes an image, by their security types. The build VM is of no security type, so that its disk is
// not for a definition which makes only trusted or confidential machines; one that supports them wants an image that does as well.
func takes(definition, image string) bool {
	switch strings.ToLower(definition) {
	case "", "standard":
		return true
	case "trustedlaunch", "confidentialvm":
		return strings.EqualFold(definition, image)
	}
	return orStandard(image) != "Standard"
}
