package source

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/translate/plan"
)

// market finds an image of the marketplace, in the region of the build.
func (f *finder) market(ctx context.Context, p *plan.PlatformImage) (*image, error) {
	client, err := armcompute.NewVirtualMachineImagesClient(f.account.Subscription, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	gone := missing("the marketplace has no image %q in %s", p.URN(), f.location)
	gone.fix = "list what there is: az vm image list --all --publisher " + p.Publisher + " --offer " + p.Offer
	version := p.Version
	if strings.EqualFold(version, "latest") {
		all, err := client.List(ctx, f.location, p.Publisher, p.Offer, p.SKU, nil)
		if absent(err) {
			return nil, gone
		}
		if err != nil {
			return nil, err
		}
		version = ""
		for _, v := range all.VirtualMachineImageResourceArray {
			if v != nil && newer(text(v.Name), version) {
				version = *v.Name
			}
		}
		if version == "" {
			return nil, gone
		}
	}
	got, err := client.Get(ctx, f.location, p.Publisher, p.Offer, p.SKU, version, nil)
	if absent(err) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	img := &image{exact: plan.Exact{Version: version, Generation: "V1", Architecture: "x64"}, state: "Generalized"}
	props := got.Properties
	if props == nil {
		return img, nil
	}
	if g := text(props.HyperVGeneration); g != "" {
		img.exact.Generation = g
	}
	if a := text(props.Architecture); a != "" {
		img.exact.Architecture = a
	}
	if props.OSDiskImage != nil {
		img.os = text(props.OSDiskImage.OperatingSystem)
	}
	for _, feature := range props.Features {
		if feature != nil && strings.EqualFold(text(feature.Name), "SecurityType") {
			img.exact.SecurityType = text(feature.Value)
		}
	}
	if b := props.Plan; b != nil {
		img.paid = &plan.PurchasePlan{Name: text(b.Name), Product: text(b.Product), Publisher: text(b.Publisher)}
	}
	return img, nil
}

// newer compares versions number by number; the numbers may be longer than an integer is. "" is older than any.
func newer(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, y := strings.TrimLeft(as[i], "0"), strings.TrimLeft(bs[i], "0")
		if len(x) != len(y) {
			return len(x) > len(y)
		}
		if x != y {
			return x > y
		}
	}
	return len(as) > len(bs) || len(b) == 0 && len(a) > 0
}
