package source

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/translate/plan"
)

// managed finds a managed image. Those are x64 and of no security type: there are no others.
func (f *finder) managed(ctx context.Context, id string) (*image, error) {
	at, err := arm.ParseResourceID(id)
	if err != nil {
		return nil, missing("%q is no id of a managed image", id)
	}
	client, err := armcompute.NewImagesClient(at.SubscriptionID, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	got, err := client.Get(ctx, at.ResourceGroupName, at.Name, nil)
	if absent(err) {
		return nil, missing("the managed image %q does not exist", id)
	}
	if err != nil {
		return nil, err
	}
	img := &image{exact: plan.Exact{ID: text(got.ID), Generation: "V1", Architecture: "x64"}, regions: []string{region(text(got.Location))}}
	if img.exact.ID == "" {
		img.exact.ID = id
	}
	props := got.Properties
	if props == nil {
		return img, nil
	}
	if g := text(props.HyperVGeneration); g != "" {
		img.exact.Generation = g
	}
	if s := props.StorageProfile; s != nil && s.OSDisk != nil {
		img.os, img.state = text(s.OSDisk.OSType), text(s.OSDisk.OSState)
	}
	return img, nil
}
