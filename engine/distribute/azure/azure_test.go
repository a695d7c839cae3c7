package azure

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

func artifacts(list []*events.RunOutput) []string {
	var got []string
	for _, o := range list {
		if o == nil {
			got = append(got, "-")
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %s", o.Name, o.Type, strings.TrimPrefix(o.ArtifactID+o.ArtifactURI, images)))
	}
	return got
}

// property reads one of a resource's, down a path.
func (r *rig) property(id string, path ...string) any {
	r.Helper()
	var at any = r.sim.Resource(id)
	for _, name := range path {
		o, _ := at.(map[string]any)
		at = o[name]
	}
	return at
}

func TestEveryDestinationInTheBuildsRegion(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.snapshot("data0", false)
	p := planFor(
		managed("West Europe"),
		shared(func(s *plan.SharedImage) { s.Regions[1].ReplicaCount = 3; s.ExcludeFromLatest = true }, "westeurope", "North Europe"),
		shared(func(s *plan.SharedImage) { s.Version, s.Scheme, s.ReplicationMode = "", plan.SchemeLatest, "Shallow" }),
	)
	p.DataDisksGB = []int64{4}
	out, err := r.distribute(t.Context(), p, false)
	if err != nil {
		t.Fatal(err)
	}
	const versions = "/providers/Microsoft.Compute/galleries/gal/images/web/versions/"
	want := []string{"out0 ManagedImage /providers/Microsoft.Compute/images/web", "out1 SharedImage " + versions + "1.0.0",
		"out2 SharedImage " + versions + "1.0.1"}
	if d := cmp.Diff(want, artifacts(out)); d != "" {
		t.Error(d)
	}
	if len(r.ledger) > 0 {
		t.Errorf("not struck: %v", r.ledger)
	}
	if d := cmp.Diff([]string{"images/web", "snapshots/data0", "snapshots/os", "versions/1.0.0", "versions/1.0.1"}, r.left()); d != "" {
		t.Error(d)
	}

	image := must(r.compute.NewImagesClient().Get(t.Context(), "images", "web", nil))(t)
	disk := image.Properties.StorageProfile.OSDisk
	if *disk.Snapshot.ID != osSnap || *disk.OSState != armcompute.OperatingSystemStateTypesGeneralized ||
		*image.Properties.HyperVGeneration != armcompute.HyperVGenerationTypesV2 || *image.Tags["team"] != "web" {
		t.Errorf("the image is %+v of %+v", disk, image.Properties)
	}
	if data := image.Properties.StorageProfile.DataDisks; len(data) != 1 || *data[0].Lun != 0 ||
		!strings.HasSuffix(*data[0].Snapshot.ID, "/data0") {
		t.Errorf("the image's data disks: %+v", data)
	}

	get := r.compute.NewGalleryImageVersionsClient().Get
	first := must(get(t.Context(), "images", "gal", "web", "1.0.0", nil))(t).Properties
	regions := first.PublishingProfile.TargetRegions
	if len(regions) != 2 || *regions[1].Name != "North Europe" || *regions[1].RegionalReplicaCount != 3 ||
		*regions[1].StorageAccountType != armcompute.StorageAccountTypeStandardLRS || !*first.PublishingProfile.ExcludeFromLatest {
		t.Errorf("version 1.0.0 is published as %+v", first.PublishingProfile)
	}
	if d := first.StorageProfile.DataDiskImages; len(d) != 1 || !strings.HasSuffix(*d[0].Source.ID, "/data0") {
		t.Errorf("the data disks of version 1.0.0: %+v", d)
	}
	second := must(get(t.Context(), "images", "gal", "web", "1.0.1", nil))(t).Properties
	if *second.PublishingProfile.ReplicationMode != armcompute.ReplicationModeShallow || *second.PublishingProfile.ExcludeFromLatest {
		t.Errorf("version 1.0.1 is published as %+v", second.PublishingProfile)
	}
	if said := r.said("distribute[1]"); !strings.Contains(said, "replicate version 1.0.0 to northeurope: 100 of 100 percent") {
		t.Errorf("no progress of a region:\n%s", said)
	}
}

// TestOtherRegions: one copy for each region, whoever needs it, by way of an incremental snapshot; and nothing of it stays.
func TestOtherRegions(t *testing.T) {
	for _, incremental := range []bool{false, true} {
		t.Run(fmt.Sprintf("incremental %v", incremental), func(t *testing.T) {
			r := newRig(t, azuresim.Options{Pace: 5 * time.Millisecond})
			if incremental {
				done(r.compute.NewSnapshotsClient().BeginDelete(t.Context(), "staging", "os", nil))(t)
				r.snapshot("os", true)
			}
			r.gallery("far", "northeurope")
			r.definition("far", "web2", func(*armcompute.GalleryImageProperties) {})
			p := planFor(managed("northeurope"),
				shared(func(s *plan.SharedImage) {
					s.DefinitionID = strings.Replace(webDef, "gal/images/web", "far/images/web2", 1)
				}))
			if _, err := r.distribute(t.Context(), p, false); err != nil {
				t.Fatal(err)
			}
			if len(r.ledger) > 0 {
				t.Errorf("not struck: %v", r.ledger)
			}
			left := strings.Join(r.left(), " ")
			if want := "galleries/far images/web images/web2 snapshots/os versions/1.0.0"; left != want {
				t.Errorf("left %s, want %s", left, want)
			}
			made := map[string]int{}
			for _, c := range r.sim.Calls() {
				if c.Method == "PUT" && strings.Contains(c.Path, "/ingot-"+runID) {
					made[c.Path[strings.LastIndex(c.Path, "/ingot-"):]]++
				}
			}
			want := map[string]int{"/ingot-3f2a9c1e-northeurope-os": 1}
			if !incremental {
				want["/ingot-3f2a9c1e-os"] = 2 // the disk, and the snapshot of it
			}
			if d := cmp.Diff(want, made); d != "" {
				t.Error(d)
			}
			if said := r.said("distribute[0]") + r.said("distribute[1]"); !strings.Contains(said, "copy snapshot to northeurope: 100 of 100") {
				t.Errorf("no progress of the copy:\n%s", said)
			}
		})
	}
}

// TestImageIsReplaced: an image of the name is removed, whatever it was made of.
func TestImageIsReplaced(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.snapshot("old", false)
	done(r.compute.NewImagesClient().BeginCreateOrUpdate(t.Context(), "images", "web", armcompute.Image{
		Location: to.Ptr(place), Tags: map[string]*string{"old": to.Ptr("yes")},
		Properties: &armcompute.ImageProperties{HyperVGeneration: to.Ptr(armcompute.HyperVGenerationTypesV2),
			StorageProfile: &armcompute.ImageStorageProfile{OSDisk: &armcompute.ImageOSDisk{
				OSType: to.Ptr(armcompute.OperatingSystemTypesLinux), OSState: to.Ptr(armcompute.OperatingSystemStateTypesGeneralized),
				Snapshot: &armcompute.SubResource{ID: to.Ptr(strings.TrimSuffix(osSnap, "os") + "old")}}}},
	}, nil))(t)
	if _, err := r.distribute(t.Context(), planFor(managed(place)), false); err != nil {
		t.Fatal(err)
	}
	if tags := r.property(webID, "tags"); cmp.Diff(map[string]any{"team": "web"}, tags) != "" {
		t.Errorf("the image has the tags %v", tags)
	}
	if said := r.said("distribute[0]"); !strings.Contains(said, "is there already and is replaced") {
		t.Errorf("it is not said:\n%s", said)
	}
}
