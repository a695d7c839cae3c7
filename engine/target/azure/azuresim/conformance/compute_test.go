package conformance

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestVirtualMachine makes a machine, turns it off and on, makes an image of it, and deletes it all.
func TestVirtualMachine(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	vms, disks := r.compute.NewVirtualMachinesClient(), r.compute.NewDisksClient()
	id := r.vm("build")

	vm := must(vms.Get(ctx, group, "build", &armcompute.VirtualMachinesClientGetOptions{
		Expand: to.Ptr(armcompute.InstanceViewTypesInstanceView)}))(t)
	if vm.Properties.OSProfile.AdminPassword != nil {
		t.Error("the password is shown")
	}
	if got := *vm.Properties.StorageProfile.ImageReference.ExactVersion; got != "24.04.202410170" {
		t.Errorf("latest is %s", got)
	}
	power(t, vm.Properties.InstanceView, "PowerState/running")
	ip := must(r.network.NewPublicIPAddressesClient().Get(ctx, group, "ip", nil))(t)
	if ip.Properties.IPAddress == nil || !strings.HasPrefix(*ip.Properties.IPAddress, "127.") {
		t.Error("the machine has no address")
	}
	if disk := must(disks.Get(ctx, group, "build-os", nil))(t); *disk.ManagedBy != id {
		t.Errorf("the disk is managed by %s", *disk.ManagedBy)
	}

	_, err := disks.BeginDelete(ctx, group, "build-os", nil)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")
	_, err = vms.Generalize(ctx, group, "build", nil)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")
	_, err = r.network.NewInterfacesClient().BeginDelete(ctx, group, "nic", nil)
	refused(t, err, http.StatusBadRequest, "NicInUse")

	done(vms.BeginPowerOff(ctx, group, "build", nil))(t)
	done(vms.BeginStart(ctx, group, "build", nil))(t)
	done(vms.BeginDeallocate(ctx, group, "build", nil))(t)
	view := must(vms.InstanceView(ctx, group, "build", nil))(t)
	power(t, &view.VirtualMachineInstanceView, "PowerState/deallocated")
	must(vms.Generalize(ctx, group, "build", nil))(t)
	_, err = vms.BeginStart(ctx, group, "build", nil)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")

	image := done(r.compute.NewImagesClient().BeginCreateOrUpdate(ctx, group, "web", armcompute.Image{
		Location: to.Ptr(place), Properties: &armcompute.ImageProperties{SourceVirtualMachine: &armcompute.SubResource{ID: to.Ptr(id)},
			HyperVGeneration: to.Ptr(armcompute.HyperVGenerationTypesV2)},
	}, nil))(t)
	if n := len(image.Properties.StorageProfile.DataDisks); n != 1 {
		t.Errorf("the image has %d data disks, want 1", n)
	}
	done(vms.BeginDelete(ctx, group, "build", nil))(t)
	if disk := must(disks.Get(ctx, group, "build-os", nil))(t); disk.ManagedBy != nil {
		t.Error("the disk of a machine that is gone is attached")
	}
	done(disks.BeginDelete(ctx, group, "build-os", nil))(t)
	done(r.compute.NewImagesClient().BeginDelete(ctx, group, "web", nil))(t)
	done(r.groups.BeginDelete(ctx, group, nil))(t)
	if left := r.sim.Resources(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func power(t *testing.T, view *armcompute.VirtualMachineInstanceView, want string) {
	t.Helper()
	for _, s := range view.Statuses {
		if *s.Code == want {
			return
		}
	}
	t.Errorf("the machine is not %s", want)
}

// TestDisksAndSnapshots copies a disk, and gives access to its bytes.
func TestDisksAndSnapshots(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	disks, snapshots := r.compute.NewDisksClient(), r.compute.NewSnapshotsClient()
	disk := done(disks.BeginCreateOrUpdate(ctx, group, "data", armcompute.Disk{
		Location: to.Ptr(place), SKU: &armcompute.DiskSKU{Name: to.Ptr(armcompute.DiskStorageAccountTypesPremiumLRS)},
		Properties: &armcompute.DiskProperties{DiskSizeGB: to.Ptr[int32](8),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)}},
	}, nil))(t)
	snapshot := done(snapshots.BeginCreateOrUpdate(ctx, group, "snap", armcompute.Snapshot{
		Location: to.Ptr(place), Properties: &armcompute.SnapshotProperties{CreationData: &armcompute.CreationData{
			CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: disk.ID}},
	}, nil))(t)
	if *snapshot.Properties.DiskSizeGB != 8 || *snapshot.Properties.ProvisioningState != "Succeeded" {
		t.Errorf("the snapshot is of %d GiB, %s", *snapshot.Properties.DiskSizeGB, *snapshot.Properties.ProvisioningState)
	}
	sas := done(snapshots.BeginGrantAccess(ctx, group, "snap", armcompute.GrantAccessData{
		Access: to.Ptr(armcompute.AccessLevelRead), DurationInSeconds: to.Ptr[int32](600)}, nil))(t)
	if sas.AccessSAS == nil || !strings.Contains(*sas.AccessSAS, ".blob."+azuresim.Suffix) {
		t.Fatalf("got no address: %v", sas)
	}
	resp := must(r.sim.Client().Get(*sas.AccessSAS))(t)
	text := must(io.ReadAll(resp.Body))(t)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(text), "without a blob service") {
		t.Errorf("an emulator without a blob service answers %d %s", resp.StatusCode, text)
	}
	_, err := snapshots.BeginDelete(ctx, group, "snap", nil)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")
	done(snapshots.BeginRevokeAccess(ctx, group, "snap", nil))(t)
	done(snapshots.BeginDelete(ctx, group, "snap", nil))(t)
	list := all(t, disks.NewListByResourceGroupPager(group, nil),
		func(p armcompute.DisksClientListByResourceGroupResponse) []*armcompute.Disk { return p.Value })
	if len(list) != 1 {
		t.Errorf("got %d disks, want 1", len(list))
	}
	done(disks.BeginUpdate(ctx, group, "data", armcompute.DiskUpdate{Tags: map[string]*string{"a": to.Ptr("b")}}, nil))(t)
	if got := must(disks.Get(ctx, group, "data", nil))(t); *got.Tags["a"] != "b" || *got.Properties.DiskSizeGB != 8 {
		t.Errorf("after a PATCH: %v", got)
	}
	done(disks.BeginDelete(ctx, group, "data", nil))(t)
}
