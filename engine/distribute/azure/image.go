package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/plan"
)

// managedImage makes the image of a destination. One that is there already is removed first, as the service does: most of an image
// cannot be changed.
func (j *job) managedImage(ctx context.Context, d plan.Destination) (events.RunOutput, error) {
	id, err := parseID(d.ManagedImage.ID, imageType)
	if err != nil {
		return events.RunOutput{}, err
	}
	clients, err := j.compute(id.SubscriptionID)
	if err != nil {
		return events.RunOutput{}, err
	}
	place := region(d.ManagedImage.Location)
	if place == "" {
		place = region(j.journal.read().Snapshot.Location)
	}
	from, err := j.disksIn(ctx, d.ID, place)
	if err != nil {
		return events.RunOutput{}, err
	}
	w := imageWork{job: j, images: clients.NewImagesClient(), group: id.ResourceGroupName, name: id.Name, from: from}
	return events.RunOutput{ArtifactID: d.ManagedImage.ID}, w.make(ctx, d, place)
}

// imageWork is one managed image in the making.
type imageWork struct {
	*job
	images      *armcompute.ImagesClient
	group, name string
	from        disks
}

// make looks what is there, and does what is missing, until the image stands.
func (w imageWork) make(ctx context.Context, d plan.Destination, place string) error {
	for tries := 0; ; {
		there, err := read(ctx, func() (armcompute.ImagesClientGetResponse, error) {
			return w.images.Get(ctx, w.group, w.name, nil)
		})
		switch {
		case absent(err):
			if tries++; tries > w.Tries {
				return fmt.Errorf("managed image %q vanishes each time it is made", w.name)
			}
			if err := w.put(ctx, d, place); !conflict(err) || tries == w.Tries {
				return err
			}
		case err != nil:
			return wrong(err, "look for managed image %q", w.name)
		case busy(stateOf(there.Image)):
			if err := w.pause(ctx); err != nil {
				return err
			}
		case w.isOurs(there.Image) && stateOf(there.Image) == "Succeeded":
			return nil
		default:
			if !w.isOurs(there.Image) {
				w.say(d.ID, "the managed image %s is there already and is replaced", w.name)
			}
			p, err := w.images.BeginDelete(ctx, w.group, w.name, nil)
			if _, err = wait(ctx, w.job, p, err); err != nil && !absent(err) && !conflict(err) {
				return wrong(err, "remove managed image %q, which is replaced", w.name)
			}
			if tries++; tries > 2*w.Tries {
				return fmt.Errorf("managed image %q is there again each time it is removed", w.name)
			}
		}
	}
}

// put sends for the image and waits for it.
func (w imageWork) put(ctx context.Context, d plan.Destination, place string) error {
	if err := w.record(ctx, d.ManagedImage.ID); err != nil {
		return err
	}
	s := w.journal.read().Snapshot
	storage := &armcompute.ImageStorageProfile{OSDisk: &armcompute.ImageOSDisk{
		OSType: to.Ptr(osType(s.OS)), OSState: to.Ptr(armcompute.OperatingSystemStateTypesGeneralized),
		Snapshot: &armcompute.SubResource{ID: to.Ptr(w.from.os)}, Caching: to.Ptr(armcompute.CachingTypesReadWrite),
	}}
	for lun, id := range w.from.data {
		storage.DataDisks = append(storage.DataDisks, &armcompute.ImageDataDisk{
			Lun: to.Ptr(int32(lun)), Snapshot: &armcompute.SubResource{ID: to.Ptr(id)},
		})
	}
	p, err := w.images.BeginCreateOrUpdate(ctx, w.group, w.name, armcompute.Image{
		Location: to.Ptr(place), Tags: pointers(d.Tags),
		Properties: &armcompute.ImageProperties{
			HyperVGeneration: to.Ptr(armcompute.HyperVGenerationTypes(s.Generation)), StorageProfile: storage,
		},
	}, nil)
	_, err = wait(ctx, w.job, p, err)
	return wrong(err, "make managed image %q", w.name)
}

// isOurs tells whether an image was made by this run: nobody else has its snapshot.
func (w imageWork) isOurs(i armcompute.Image) bool {
	return i.Properties != nil && i.Properties.StorageProfile != nil && i.Properties.StorageProfile.OSDisk != nil &&
		i.Properties.StorageProfile.OSDisk.Snapshot != nil &&
		strings.EqualFold(value(i.Properties.StorageProfile.OSDisk.Snapshot.ID), w.from.os)
}

func stateOf(i armcompute.Image) string {
	if i.Properties == nil {
		return ""
	}
	return value(i.Properties.ProvisioningState)
}

func osType(os plan.OS) armcompute.OperatingSystemTypes {
	if os == plan.Windows {
		return armcompute.OperatingSystemTypesWindows
	}
	return armcompute.OperatingSystemTypesLinux
}
