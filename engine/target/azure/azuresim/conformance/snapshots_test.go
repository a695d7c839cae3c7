package conformance

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/engine/vhd"
	"github.com/ingot-build/ingot/internal/testtools"
)

// snapshotOf makes a snapshot of a disk or of another snapshot.
func (r *rig) snapshotOf(name, location, source string, how armcompute.DiskCreateOption, incremental bool) (armcompute.Snapshot, error) {
	r.Helper()
	poller, err := r.compute.NewSnapshotsClient().BeginCreateOrUpdate(r.Context(), group, name, armcompute.Snapshot{
		Location: to.Ptr(location), Properties: &armcompute.SnapshotProperties{Incremental: to.Ptr(incremental),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(how), SourceResourceID: to.Ptr(source)}}}, nil)
	if err != nil {
		return armcompute.Snapshot{}, err
	}
	return done(poller, err)(r.T).Snapshot, nil
}

// disk makes an empty disk with an OS on it, and gives its id.
func (r *rig) disk(name string) string {
	r.Helper()
	d := done(r.compute.NewDisksClient().BeginCreateOrUpdate(r.Context(), group, name, armcompute.Disk{Location: to.Ptr(place),
		Properties: &armcompute.DiskProperties{DiskSizeGB: to.Ptr[int32](30), OSType: to.Ptr(armcompute.OperatingSystemTypesLinux),
			HyperVGeneration: to.Ptr(armcompute.HyperVGenerationV2),
			CreationData:     &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)}}}, nil))(r.T)
	return *d.ID
}

// TestSnapshotToAnotherRegion copies an incremental snapshot: the request ends at once, and the copy is not to be used
// before it is whole.
func TestSnapshotToAnotherRegion(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{
		{Path: "*/snapshots/broken", Region: "eastus", Code: "CopySourceNotFound", Message: "no source"},
		{Path: "*/snapshots/slow", Region: "eastus", Stuck: true}}})
	disk := r.disk("os")
	full := must(r.snapshotOf("full", place, disk, armcompute.DiskCreateOptionCopy, false))(t)
	part := must(r.snapshotOf("part", place, disk, armcompute.DiskCreateOptionCopy, true))(t)

	_, err := r.snapshotOf("far", "eastus", *part.ID, armcompute.DiskCreateOptionCopy, true)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")
	_, err = r.snapshotOf("far", "eastus", *full.ID, armcompute.DiskCreateOptionCopyStart, true)
	refused(t, err, http.StatusBadRequest, "InvalidParameter")
	_, err = r.snapshotOf("far", "eastus", *part.ID, armcompute.DiskCreateOptionCopyStart, false)
	refused(t, err, http.StatusBadRequest, "InvalidParameter")

	far := must(r.snapshotOf("far", "eastus", *part.ID, armcompute.DiskCreateOptionCopyStart, true))(t)
	if p := far.Properties; *p.CompletionPercent != 100 || *p.OSType != armcompute.OperatingSystemTypesLinux || *p.DiskSizeGB != 30 {
		t.Errorf("the copy is %v%%, %v, %v GiB", *p.CompletionPercent, *p.OSType, *p.DiskSizeGB)
	}
	slow := must(r.snapshotOf("slow", "eastus", *part.ID, armcompute.DiskCreateOptionCopyStart, true))(t)
	if *slow.Properties.CompletionPercent == 100 {
		t.Error("a copy that never ends is whole")
	}
	_, err = r.compute.NewSnapshotsClient().BeginGrantAccess(t.Context(), group, "slow", armcompute.GrantAccessData{
		Access: to.Ptr(armcompute.AccessLevelRead), DurationInSeconds: to.Ptr[int32](600)}, nil)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")
	_, err = r.image("web", "eastus", *slow.ID, nil)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")
	broken := must(r.snapshotOf("broken", "eastus", *part.ID, armcompute.DiskCreateOptionCopyStart, true))(t)
	if e := broken.Properties.CopyCompletionError; e == nil || *e.ErrorMessage != "no source" {
		t.Errorf("the copy that failed says %v", e)
	}
}

// TestSnapshotCopyTakesTime sees a copy that is not whole yet become so.
func TestSnapshotCopyTakesTime(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{
		{Path: "*/snapshots/far", Region: "eastus", Delay: 300 * time.Millisecond}}})
	part := must(r.snapshotOf("part", place, r.disk("os"), armcompute.DiskCreateOptionCopy, true))(t)
	far := must(r.snapshotOf("far", "eastus", *part.ID, armcompute.DiskCreateOptionCopyStart, true))(t)
	for last := *far.Properties.CompletionPercent; last < 100; {
		now := *must(r.compute.NewSnapshotsClient().Get(t.Context(), group, "far", nil))(t).Properties.CompletionPercent
		if now < last {
			t.Fatalf("the copy was %v%% done, and then %v%%", last, now)
		}
		last = now
	}
	must(r.image("web", "eastus", *far.ID, nil))(t)
}

// image makes a managed image of a snapshot.
func (r *rig) image(name, location, snapshot string, change func(*armcompute.ImageProperties)) (armcompute.Image, error) {
	r.Helper()
	p := &armcompute.ImageProperties{HyperVGeneration: to.Ptr(armcompute.HyperVGenerationTypesV2),
		StorageProfile: &armcompute.ImageStorageProfile{OSDisk: &armcompute.ImageOSDisk{
			OSType: to.Ptr(armcompute.OperatingSystemTypesLinux), OSState: to.Ptr(armcompute.OperatingSystemStateTypesGeneralized),
			Snapshot: &armcompute.SubResource{ID: to.Ptr(snapshot)}}}}
	if change != nil {
		change(p)
	}
	poller, err := r.compute.NewImagesClient().BeginCreateOrUpdate(r.Context(), group, name,
		armcompute.Image{Location: to.Ptr(location), Properties: p}, nil)
	if err != nil {
		return armcompute.Image{}, err
	}
	return done(poller, err)(r.T).Image, nil
}

// TestImageOfSnapshots makes a managed image of an OS disk and a data disk, which have to fit.
func TestImageOfSnapshots(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	disk := r.disk("os")
	snap := *must(r.snapshotOf("snap", place, disk, armcompute.DiskCreateOptionCopy, false))(t).ID
	data := func(id string) func(*armcompute.ImageProperties) {
		return func(p *armcompute.ImageProperties) {
			p.StorageProfile.DataDisks = []*armcompute.ImageDataDisk{{Lun: to.Ptr[int32](0), Snapshot: &armcompute.SubResource{ID: to.Ptr(id)}}}
		}
	}
	image := must(r.image("web", place, snap, data(snap)))(t)
	if got := *image.Properties.StorageProfile.DataDisks[0].DiskSizeGB; got != 30 {
		t.Errorf("the data disk is of %d GiB", got)
	}
	for name, tt := range map[string]struct {
		location string
		change   func(*armcompute.ImageProperties)
		status   int
		code     string
	}{
		"another region": {"eastus", nil, http.StatusBadRequest, "InvalidParameter"},
		"another generation": {place, func(p *armcompute.ImageProperties) {
			p.HyperVGeneration = to.Ptr(armcompute.HyperVGenerationTypesV1)
		}, http.StatusBadRequest, "BadRequest"},
		"another OS": {place, func(p *armcompute.ImageProperties) {
			p.StorageProfile.OSDisk.OSType = to.Ptr(armcompute.OperatingSystemTypesWindows)
		}, http.StatusBadRequest, "BadRequest"},
		"no data disk": {place, data(snap + "no"), http.StatusNotFound, "ResourceNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.image("other", tt.location, snap, tt.change)
			refused(t, err, tt.status, tt.code)
		})
	}
}

// TestBytesOfASnapshot copies a snapshot into a storage account as a client does it, with the bytes that its disk was
// written with, and those of a disk that nobody wrote.
func TestBytesOfASnapshot(t *testing.T) {
	server := must(azurite.Start(t.Context(), testtools.AzuriteProgram(t), t.TempDir()))(t)
	t.Cleanup(func() { _ = server.Close() })
	r := newRig(t, azuresim.Options{Blobs: server.Blobs()})
	ctx := t.Context()
	accounts := must(armstorage.NewAccountsClient(sub, r.cred, r.options))(t)
	done(accounts.BeginCreate(ctx, group, "vhds1", armstorage.AccountCreateParameters{Location: to.Ptr(place),
		Kind: to.Ptr(armstorage.KindStorageV2), SKU: &armstorage.SKU{Name: to.Ptr(armstorage.SKUNameStandardLRS)}}, nil))(t)
	token := must(r.cred.GetToken(ctx, policyOf("https://storage.azure.com/.default")))(t).Token
	bearer := http.Header{"Authorization": {"Bearer " + token}}
	const account = "https://vhds1.blob." + azuresim.Suffix + "/"
	r.request(http.MethodPut, account+"out?restype=container", bearer, "")

	disk := r.disk("os")
	must(r.snapshotOf("empty", place, disk, armcompute.DiskCreateOptionCopy, false))(t)
	write := done(r.compute.NewDisksClient().BeginGrantAccess(ctx, group, "os", armcompute.GrantAccessData{
		Access: to.Ptr(armcompute.AccessLevelWrite), DurationInSeconds: to.Ptr[int32](600)}, nil))(t)
	status, _, text := r.request(http.MethodPut, *write.AccessSAS+"&comp=page", http.Header{"X-Ms-Page-Write": {"update"},
		"X-Ms-Range": {"bytes=512-1023"}}, strings.Repeat("w", 512))
	if status != http.StatusCreated {
		t.Fatalf("write to the disk: %d %s", status, text)
	}
	must(r.snapshotOf("written", place, disk, armcompute.DiskCreateOptionCopy, true))(t)
	content := func(snapshot string) string {
		read := done(r.compute.NewSnapshotsClient().BeginGrantAccess(ctx, group, snapshot, armcompute.GrantAccessData{
			Access: to.Ptr(armcompute.AccessLevelRead), DurationInSeconds: to.Ptr[int32](600)}, nil))(t)
		header := bearer.Clone()
		header.Set("X-Ms-Copy-Source", *read.AccessSAS)
		status, _, text := r.request(http.MethodPut, account+"out/"+snapshot+".vhd", header, "")
		if status != http.StatusAccepted {
			t.Fatalf("copy: %d %s", status, text)
		}
		status, _, text = r.request(http.MethodGet, account+"out/"+snapshot+".vhd", bearer, "")
		if status != http.StatusOK {
			t.Fatalf("read the copy: %d %s", status, text)
		}
		footer := must(vhd.ParseFooter([]byte(text[len(text)-vhd.FooterSize:])))(t)
		if footer.Size != int64(len(text)-vhd.FooterSize) {
			t.Errorf("the disk is of %d bytes, and its footer says %d", len(text)-vhd.FooterSize, footer.Size)
		}
		return text
	}
	unwritten, written := content("empty"), content("written")
	if unwritten[:512] != written[:512] || !strings.HasPrefix(written, "disk ") {
		t.Errorf("copies of one disk begin with %.60q and %.60q", unwritten, written)
	}
	if got := []byte(written[512:1024]); !bytes.Equal(got, bytes.Repeat([]byte("w"), 512)) || unwritten[512] == 'w' {
		t.Errorf("what was written is not in the copy, or is in the one from before: %.20q", got)
	}
}
