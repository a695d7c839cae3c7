package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// versionStates reads the state of a version and of its copies.
func (r *rig) versionStates(name string) map[string]string {
	r.Helper()
	got := must(r.compute.NewGalleryImageVersionsClient().Get(r.Context(), group, "shared", "web", name,
		&armcompute.GalleryImageVersionsClientGetOptions{Expand: to.Ptr(armcompute.ReplicationStatusTypesReplicationStatus)}))(r.T)
	states := map[string]string{"": string(*got.Properties.ProvisioningState)}
	for _, s := range got.Properties.ReplicationStatus.Summary {
		states[*s.Region] = string(*s.State)
	}
	return states
}

// TestRegionsAreAdded has a version of which the copy to a region failed reach it, and another one, by an update, when
// the snapshot that it was made from is gone. The regions that have their copies are left alone.
func TestRegionsAreAdded(t *testing.T) {
	r, snapshot := galleryRig(t, azuresim.Options{Faults: []*azuresim.Fault{
		{Path: "*/versions/*", Region: "eastus", Code: "RegionIsFull"},
		{Path: "*/versions/*", Region: "westeurope", Nth: 2, Code: "ThisOneIsDone"}}})
	ctx := t.Context()
	versions := r.compute.NewGalleryImageVersionsClient()
	poller := must(versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0", version(snapshot, place, "eastus"), nil))(t)
	_, err := poller.PollUntilDone(ctx, nil)
	refused(t, err, http.StatusOK, "ReplicationJobsNotCompleted")
	done(r.compute.NewSnapshotsClient().BeginDelete(ctx, group, "snap", nil))(t)

	done(versions.BeginUpdate(ctx, group, "shared", "web", "1.0.0", armcompute.GalleryImageVersionUpdate{
		Properties: version(snapshot, place, "eastus").Properties}, nil))(t)
	done(versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0", version(snapshot, place, "eastus", "westus3"), nil))(t)
	want := map[string]string{"": "Succeeded", "West Europe": "Completed", "East US": "Completed", "West US 3": "Completed"}
	if diff := cmp.Diff(want, r.versionStates("1.0.0")); diff != "" {
		t.Error(diff)
	}
	_, err = versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0", version(snapshot+"2", place), nil)
	refused(t, err, http.StatusNotFound, "ResourceNotFound")
	_, err = versions.BeginCreateOrUpdate(ctx, group, "shared", "web", "1.0.0", version(r.disk("other"), place), nil)
	refused(t, err, http.StatusConflict, "PropertyChangeNotAllowed")
}

// TestProgressOfReplication sees regions end one after the other, and a version in the middle of it refuse a change.
func TestProgressOfReplication(t *testing.T) {
	r, snapshot := galleryRig(t, azuresim.Options{Replication: 200 * time.Millisecond, Faults: []*azuresim.Fault{
		{Path: "*/versions/*", Region: "eastus", Delay: 300 * time.Millisecond}}})
	versions := r.compute.NewGalleryImageVersionsClient()
	poller := must(versions.BeginCreateOrUpdate(t.Context(), group, "shared", "web", "1.0.0", version(snapshot, place, "eastus"), nil))(t)
	_, err := versions.BeginCreateOrUpdate(t.Context(), group, "shared", "web", "1.0.0", version(snapshot, place), nil)
	refused(t, err, http.StatusConflict, "Conflict")
	halves, last := false, map[string]int32{}
	for !poller.Done() {
		got := must(versions.Get(t.Context(), group, "shared", "web", "1.0.0", &armcompute.GalleryImageVersionsClientGetOptions{
			Expand: to.Ptr(armcompute.ReplicationStatusTypesReplicationStatus)}))(t)
		state := map[string]armcompute.ReplicationState{}
		for _, s := range got.Properties.ReplicationStatus.Summary {
			if *s.Progress < last[*s.Region] {
				t.Errorf("%s was at %d%%, and then at %d%%", *s.Region, last[*s.Region], *s.Progress)
			}
			last[*s.Region], state[*s.Region] = *s.Progress, *s.State
		}
		halves = halves || state["West Europe"] == armcompute.ReplicationStateCompleted &&
			state["East US"] == armcompute.ReplicationStateReplicating
		must(poller.Poll(t.Context()))(t)
	}
	if !halves {
		t.Error("the slower region ended with the other one")
	}
}

// TestVersionsThatDoNotFit has a version be refused whose source is not of the definition's kind, or not here.
func TestVersionsThatDoNotFit(t *testing.T) {
	r, snapshot := galleryRig(t, azuresim.Options{})
	ctx := t.Context()
	snap := func(name, location string, change func(*armcompute.SnapshotProperties)) *string {
		p := &armcompute.SnapshotProperties{OSType: to.Ptr(armcompute.OperatingSystemTypesLinux), DiskSizeGB: to.Ptr[int32](8),
			HyperVGeneration: to.Ptr(armcompute.HyperVGenerationV2),
			CreationData:     &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)}}
		if change != nil {
			change(p)
		}
		return done(r.compute.NewSnapshotsClient().BeginCreateOrUpdate(ctx, group, name,
			armcompute.Snapshot{Location: to.Ptr(location), Properties: p}, nil))(t).ID
	}
	data := func(v *armcompute.GalleryImageVersion, luns ...int32) {
		for _, lun := range luns {
			v.Properties.StorageProfile.DataDiskImages = append(v.Properties.StorageProfile.DataDiskImages, &armcompute.GalleryDataDiskImage{
				Lun: to.Ptr(lun), Source: &armcompute.GalleryDiskImageSource{ID: snap("data", place, nil)}})
		}
	}
	for name, change := range map[string]func(*armcompute.GalleryImageVersion){
		"a source elsewhere": func(v *armcompute.GalleryImageVersion) {
			v.Properties.StorageProfile.OSDiskImage.Source.ID = snap("far", "eastus", nil)
		},
		"another OS": func(v *armcompute.GalleryImageVersion) {
			v.Properties.StorageProfile.OSDiskImage.Source.ID = snap("windows", place, func(p *armcompute.SnapshotProperties) {
				p.OSType = to.Ptr(armcompute.OperatingSystemTypesWindows)
			})
		},
		"another generation": func(v *armcompute.GalleryImageVersion) {
			v.Properties.StorageProfile.OSDiskImage.Source.ID = snap("old", place, func(p *armcompute.SnapshotProperties) {
				p.HyperVGeneration = to.Ptr(armcompute.HyperVGenerationV1)
			})
		},
		"another architecture": func(v *armcompute.GalleryImageVersion) {
			v.Properties.StorageProfile.OSDiskImage.Source.ID = snap("arm", place, func(p *armcompute.SnapshotProperties) {
				p.SupportedCapabilities = &armcompute.SupportedCapabilities{Architecture: to.Ptr(armcompute.ArchitectureArm64)}
			})
		},
		"a trusted launch": func(v *armcompute.GalleryImageVersion) {
			v.Properties.StorageProfile.OSDiskImage.Source.ID = snap("trusted", place, func(p *armcompute.SnapshotProperties) {
				p.SecurityProfile = &armcompute.DiskSecurityProfile{SecurityType: to.Ptr(armcompute.DiskSecurityTypesTrustedLaunch)}
			})
		},
		"two data disks with a number": func(v *armcompute.GalleryImageVersion) { data(v, 1, 1) },
		"a shallow copy to another region": func(v *armcompute.GalleryImageVersion) {
			v.Properties.PublishingProfile.ReplicationMode = to.Ptr(armcompute.ReplicationModeShallow)
			v.Properties.PublishingProfile.TargetRegions = append(v.Properties.PublishingProfile.TargetRegions,
				&armcompute.TargetRegion{Name: to.Ptr("eastus")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := version(snapshot, place)
			change(&v)
			_, err := r.compute.NewGalleryImageVersionsClient().BeginCreateOrUpdate(ctx, group, "shared", "web", "2.0.0", v, nil)
			refused(t, err, http.StatusBadRequest, "InvalidParameter")
		})
	}
	v := version(snapshot, place)
	data(&v, 0, 1)
	v.Properties.PublishingProfile.ReplicationMode = to.Ptr(armcompute.ReplicationModeShallow)
	got := done(r.compute.NewGalleryImageVersionsClient().BeginCreateOrUpdate(ctx, group, "shared", "web", "2.0.0", v, nil))(t)
	if disks := got.Properties.StorageProfile.DataDiskImages; len(disks) != 2 || *disks[1].SizeInGB != 8 {
		t.Errorf("the version has the data disks %v", disks)
	}
}

// TestLatestOfARegion makes machines of a definition: of the newest version that their region has and does not pass by.
func TestLatestOfARegion(t *testing.T) {
	r, snapshot := galleryRig(t, azuresim.Options{})
	ctx := t.Context()
	for name, exclude := range map[string]func(*armcompute.GalleryImageVersionPublishingProfile){
		"1.0.0": nil,
		"1.1.0": func(p *armcompute.GalleryImageVersionPublishingProfile) {
			p.TargetRegions[0].ExcludeFromLatest = to.Ptr(true)
		},
		"1.2.0": func(p *armcompute.GalleryImageVersionPublishingProfile) { p.ExcludeFromLatest = to.Ptr(true) },
	} {
		v := version(snapshot, place)
		if exclude != nil {
			exclude(v.Properties.PublishingProfile)
		}
		done(r.compute.NewGalleryImageVersionsClient().BeginCreateOrUpdate(ctx, group, "shared", "web", name, v, nil))(t)
	}
	definition := must(r.compute.NewGalleryImagesClient().Get(ctx, group, "shared", "web", nil))(t)
	m := machine(r.nic(), "latest")
	m.Properties.StorageProfile.ImageReference = &armcompute.ImageReference{ID: definition.ID}
	got := done(r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(ctx, group, "latest", m, nil))(t)
	if v := got.Properties.StorageProfile.ImageReference.ExactVersion; v == nil || *v != "1.0.0" {
		t.Errorf("the latest version is %v, want 1.0.0", v)
	}
}
