package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// galleryRig has a gallery with a definition, and a snapshot to make versions of.
func galleryRig(t *testing.T, o azuresim.Options) (r *rig, snapshot string) {
	t.Helper()
	r = newRig(t, o)
	ctx := t.Context()
	done(r.compute.NewGalleriesClient().BeginCreateOrUpdate(ctx, group, "shared",
		armcompute.Gallery{Location: to.Ptr(place)}, nil))(t)
	done(r.compute.NewGalleryImagesClient().BeginCreateOrUpdate(ctx, group, "shared", "web", armcompute.GalleryImage{
		Location: to.Ptr(place), Properties: &armcompute.GalleryImageProperties{
			OSType: to.Ptr(armcompute.OperatingSystemTypesLinux), OSState: to.Ptr(armcompute.OperatingSystemStateTypesGeneralized),
			HyperVGeneration: to.Ptr(armcompute.HyperVGenerationV2),
			Identifier:       &armcompute.GalleryImageIdentifier{Publisher: to.Ptr("p"), Offer: to.Ptr("o"), SKU: to.Ptr("s")},
		}}, nil))(t)
	snap := done(r.compute.NewSnapshotsClient().BeginCreateOrUpdate(ctx, group, "snap", armcompute.Snapshot{
		Location: to.Ptr(place), Properties: &armcompute.SnapshotProperties{
			OSType: to.Ptr(armcompute.OperatingSystemTypesLinux), HyperVGeneration: to.Ptr(armcompute.HyperVGenerationV2),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)}, DiskSizeGB: to.Ptr[int32](30)},
	}, nil))(t)
	return r, *snap.ID
}

func version(snapshot string, regions ...string) armcompute.GalleryImageVersion {
	v := armcompute.GalleryImageVersion{Location: to.Ptr(place), Properties: &armcompute.GalleryImageVersionProperties{
		StorageProfile: &armcompute.GalleryImageVersionStorageProfile{
			OSDiskImage: &armcompute.GalleryOSDiskImage{Source: &armcompute.GalleryDiskImageSource{ID: to.Ptr(snapshot)}}},
		PublishingProfile: &armcompute.GalleryImageVersionPublishingProfile{},
	}}
	for _, region := range regions {
		v.Properties.PublishingProfile.TargetRegions = append(v.Properties.PublishingProfile.TargetRegions,
			&armcompute.TargetRegion{Name: to.Ptr(region)})
	}
	return v
}

// TestGallery makes versions in several regions and deletes them, from the inside out.
func TestGallery(t *testing.T) {
	r, snapshot := galleryRig(t, azuresim.Options{})
	ctx := t.Context()
	versions := r.compute.NewGalleryImageVersionsClient()
	_, err := versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0", version(snapshot, place), nil)
	refused(t, err, http.StatusBadRequest, "InvalidParameter")
	_, err = versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0", version(snapshot, "eastus"), nil)
	refused(t, err, http.StatusBadRequest, "InvalidParameter")

	done(versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0", version(snapshot, place, "East US"), nil))(t)
	got := must(versions.Get(ctx, group, "shared", "web", "1.0.0", &armcompute.GalleryImageVersionsClientGetOptions{
		Expand: to.Ptr(armcompute.ReplicationStatusTypesReplicationStatus)}))(t)
	status := got.Properties.ReplicationStatus
	if *status.AggregatedState != armcompute.AggregatedReplicationStateCompleted || len(status.Summary) != 2 {
		t.Errorf("replication is %s in %d regions", *status.AggregatedState, len(status.Summary))
	}
	if name := *got.Properties.PublishingProfile.TargetRegions[1].Name; name != "East US" {
		t.Errorf("the second region is %q", name)
	}

	_, err = r.compute.NewGalleriesClient().BeginDelete(ctx, group, "shared", nil)
	refused(t, err, http.StatusConflict, "CannotDeleteResource")
	_, err = r.compute.NewGalleryImagesClient().BeginDelete(ctx, group, "shared", "web", nil)
	refused(t, err, http.StatusConflict, "CannotDeleteResource")
	done(versions.BeginDelete(ctx, group, "shared", "web", "1.0.0", nil))(t)
	done(r.compute.NewGalleryImagesClient().BeginDelete(ctx, group, "shared", "web", nil))(t)
	done(r.compute.NewGalleriesClient().BeginDelete(ctx, group, "shared", nil))(t)
}

// TestPartialReplication has one region fail: the version is "Failed", and the other region has its copy.
func TestPartialReplication(t *testing.T) {
	r, snapshot := galleryRig(t, azuresim.Options{Faults: []*azuresim.Fault{
		{Path: "*/versions/*", Region: "eastus", Code: "RegionIsFull", Message: "no room"}}})
	ctx := t.Context()
	versions := r.compute.NewGalleryImageVersionsClient()
	poller := must(versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0",
		version(snapshot, place, "eastus"), nil))(t)
	_, err := poller.PollUntilDone(ctx, nil)
	refused(t, err, http.StatusOK, "ReplicationJobsNotCompleted")
	state := func() map[string]string {
		got := must(versions.Get(ctx, group, "shared", "web", "1.0.0", &armcompute.GalleryImageVersionsClientGetOptions{
			Expand: to.Ptr(armcompute.ReplicationStatusTypesReplicationStatus)}))(t)
		states := map[string]string{"": string(*got.Properties.ProvisioningState)}
		for _, s := range got.Properties.ReplicationStatus.Summary {
			states[*s.Region] = string(*s.State)
		}
		return states
	}
	if got := state(); got[""] != "Failed" || got["West Europe"] != "Completed" || got["East US"] != "Failed" {
		t.Errorf("after the fault: %v", got)
	}
	done(versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0", version(snapshot, place, "eastus"), nil))(t)
	if got := state(); got[""] != "Succeeded" || got["East US"] != "Completed" {
		t.Errorf("after another try: %v", got)
	}
}

// TestReplicationThatNeverEnds shows progress, and no end.
func TestReplicationThatNeverEnds(t *testing.T) {
	r, snapshot := galleryRig(t, azuresim.Options{Replication: time.Millisecond,
		Faults: []*azuresim.Fault{{Path: "*/versions/*", Region: "eastus", Stuck: true}}})
	versions := r.compute.NewGalleryImageVersionsClient()
	poller := must(versions.BeginCreateOrUpdate(t.Context(), group, "shared", "web", "1.0.0",
		version(snapshot, place, "eastus"), nil))(t)
	for range 3 {
		must(poller.Poll(t.Context()))(t)
	}
	if poller.Done() {
		t.Error("it ended")
	}
}
