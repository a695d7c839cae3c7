package azure

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// imagePoll is how often Azure is asked whether the image is made.
const imagePoll = 5 * time.Second

// between is the time between two looks of the SDK at what takes time. It takes no less than a second.
func (t *Target) between() time.Duration { return max(cmp.Or(t.Poll, imagePoll), time.Second) }

// imageToValidate makes a managed image of what the build made, in the staging resource group, where it goes with it: the builder makes
// machines of images, and not of snapshots.
func (t *Target) imageToValidate(ctx context.Context, r target.Request) (name string, err error) {
	name = "ingot-" + r.RunID + "-validate"
	snapshot := r.Base.Snapshot
	client, err := armcompute.NewImagesClient(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return "", err
	}
	kind, entry := t.resource(t.group.ID + "/providers/Microsoft.Compute/images/" + name)
	if err := r.Record(ctx, kind, entry); err != nil {
		return "", err
	}
	os, generation := armcompute.OperatingSystemTypesLinux, armcompute.HyperVGenerationTypes(snapshot.Generation)
	if snapshot.OS == plan.Windows {
		os = armcompute.OperatingSystemTypesWindows
	}
	state := armcompute.OperatingSystemStateTypesGeneralized
	image := armcompute.Image{Location: &snapshot.Location, Tags: map[string]*string{}, Properties: &armcompute.ImageProperties{
		HyperVGeneration: &generation,
		StorageProfile: &armcompute.ImageStorageProfile{OSDisk: &armcompute.ImageOSDisk{
			OSType: &os, OSState: &state, Snapshot: &armcompute.SubResource{ID: &snapshot.OSDisk},
		}},
	}}
	for name, value := range t.group.Tags {
		image.Tags[name] = &value
	}
	for i, id := range snapshot.DataDisks {
		lun := int32(i)
		image.Properties.StorageProfile.DataDisks = append(image.Properties.StorageProfile.DataDisks,
			&armcompute.ImageDataDisk{Lun: &lun, Snapshot: &armcompute.SubResource{ID: &id}})
	}
	made, err := client.BeginCreateOrUpdate(ctx, t.group.Name, name, image, nil)
	if err == nil {
		_, err = made.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: t.between()})
	}
	if err != nil {
		return "", fmt.Errorf("make an image of what was built, to validate it: %w", err)
	}
	return name, nil
}
