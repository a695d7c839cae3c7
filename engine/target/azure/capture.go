package azure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target"
)

// Capture implements target.Resumer: it does what the builder azure-arm does after the last provisioner, in the same order and under the
// same names. What an earlier attempt has done already is done again, which changes nothing.
func (t *Target) Capture(ctx context.Context, r target.Request, s target.Staged, vm target.VM) error {
	id, err := arm.ParseResourceID(vm.ID)
	if err != nil {
		return fmt.Errorf("capture the build VM: %w", err)
	}
	clients, err := armcompute.NewClientFactory(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return err
	}
	c := &capture{Target: t, request: r, staged: s, vms: clients.NewVirtualMachinesClient(), snapshots: clients.NewSnapshotsClient()}
	if err := c.run(ctx, id); err != nil {
		return fmt.Errorf("capture the build VM %s: %w", id.Name, err)
	}
	return nil
}

// Spent implements target.Resumer.
func (t *Target) Spent(name string) bool {
	id, err := arm.ParseResourceID(strings.TrimPrefix(name, t.Account.Endpoint()))
	if err != nil {
		return false
	}
	// Only what the builder makes around a VM: of anything else nobody can tell here.
	switch strings.ToLower(id.ResourceType.Namespace) {
	case "microsoft.network", "microsoft.keyvault":
		return true
	case "microsoft.compute":
		return slices.Contains([]string{"virtualmachines", "disks"}, strings.ToLower(id.ResourceType.Type))
	case "microsoft.resources":
		return strings.EqualFold(id.ResourceType.Type, "deployments")
	}
	return false
}

type capture struct {
	*Target
	request   target.Request
	staged    target.Staged
	vms       *armcompute.VirtualMachinesClient
	snapshots *armcompute.SnapshotsClient
}

func (c *capture) run(ctx context.Context, id *arm.ResourceID) error {
	c.Say("deallocating the build VM " + id.Name)
	stopped, err := c.vms.BeginDeallocate(ctx, id.ResourceGroupName, id.Name, nil)
	if err == nil {
		_, err = stopped.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: c.between()})
	}
	if err != nil {
		return fmt.Errorf("deallocate: %w", err)
	}
	vm, err := c.vms.Get(ctx, id.ResourceGroupName, id.Name, nil)
	if err != nil {
		return fmt.Errorf("ask for its disks: %w", err)
	}
	if vm.Properties == nil || vm.Properties.StorageProfile == nil || vm.Location == nil {
		return fmt.Errorf("ask for its disks: Azure said nothing of them")
	}
	disks := vm.Properties.StorageProfile
	if disks.OSDisk == nil || disks.OSDisk.ManagedDisk == nil || disks.OSDisk.ManagedDisk.ID == nil {
		return fmt.Errorf("ask for its disks: it has no managed OS disk")
	}
	if err := c.snapshot(ctx, *vm.Location, *disks.OSDisk.ManagedDisk.ID, c.staged.Vars["snapshot_name"]); err != nil {
		return err
	}
	if prefix := c.staged.Vars["data_disk_snapshot_prefix"]; prefix != "" {
		for i, disk := range dataDisks(disks.DataDisks) {
			if err := c.snapshot(ctx, *vm.Location, disk, prefix+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// dataDisks gives the ids of data disks in the order of their LUNs.
func dataDisks(list []*armcompute.DataDisk) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(d *armcompute.DataDisk) bool {
		return d == nil || d.ManagedDisk == nil || d.ManagedDisk.ID == nil
	})
	lun := func(d *armcompute.DataDisk) int32 {
		if d.Lun == nil {
			return 0
		}
		return *d.Lun
	}
	slices.SortStableFunc(list, func(a, b *armcompute.DataDisk) int { return cmp.Compare(lun(a), lun(b)) })
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = *d.ManagedDisk.ID
	}
	return ids
}

// snapshot copies a disk as it is. It stands in the ledger before.
func (c *capture) snapshot(ctx context.Context, location, disk, name string) error {
	group := c.staged.Vars["image_resource_group_name"]
	id := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/snapshots/%s", c.Account.Subscription, group, name)
	kind, entry := c.resource(id)
	if err := c.request.Record(ctx, kind, entry); err != nil {
		return err
	}
	c.Say("snapshot " + name)
	made, err := c.snapshots.BeginCreateOrUpdate(ctx, group, name, armcompute.Snapshot{
		Location: &location, Tags: pointersTo(c.staged.Tags),
		Properties: &armcompute.SnapshotProperties{CreationData: &armcompute.CreationData{
			CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: &disk,
		}},
	}, nil)
	if err == nil {
		_, err = made.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: c.between()})
	}
	if err != nil {
		return fmt.Errorf("make the snapshot %s: %w", name, err)
	}
	return nil
}

func pointersTo(tags map[string]string) map[string]*string {
	all := make(map[string]*string, len(tags))
	for name, value := range tags {
		all[name] = &value
	}
	return all
}
