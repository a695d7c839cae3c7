package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target"
)

var _ target.Checkpointer = (*Target)(nil)

// checkpointPrefix begins the names of the snapshots that a run keeps of a build VM that goes on.
func checkpointPrefix(run string) string { return "ingot_" + run + "_before_" }

// Checkpoint implements target.Checkpointer: an incremental snapshot of each disk. Azure takes a snapshot of a machine that runs as of one
// moment, as if its power were cut then.
func (t *Target) Checkpoint(ctx context.Context, r target.Request, s target.Staged, name string) (target.Snapshot, error) {
	at := t.vm.Load()
	if at == nil {
		return target.Snapshot{}, errors.New("nothing tells which machine the build VM is")
	}
	id, err := arm.ParseResourceID(*at)
	if err != nil {
		return target.Snapshot{}, err
	}
	clients, err := armcompute.NewClientFactory(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return target.Snapshot{}, err
	}
	vm, err := clients.NewVirtualMachinesClient().Get(ctx, id.ResourceGroupName, id.Name, nil)
	if err != nil {
		return target.Snapshot{}, fmt.Errorf("ask for the disks of the build VM %s: %w", id.Name, err)
	}
	disks, err := disksOf(&vm.VirtualMachine)
	if err != nil {
		return target.Snapshot{}, fmt.Errorf("ask for the disks of the build VM %s: %w", id.Name, err)
	}
	c := &checkpoint{Target: t, request: r, group: s.Vars["build_resource_group_name"], location: *vm.Location,
		snapshots: clients.NewSnapshotsClient()}
	kept, err := c.keep(ctx, checkpointPrefix(r.RunID)+name, disks)
	if err != nil {
		return target.Snapshot{}, err
	}
	kept.OS, kept.Location = r.Plan.OS, *vm.Location
	if x := r.Plan.Source.Exact; x != nil {
		kept.Generation, kept.Architecture, kept.SecurityType = x.Generation, x.Architecture, x.SecurityType
	}
	if p := vm.Properties.SecurityProfile; p != nil && p.SecurityType != nil {
		kept.SecurityType = string(*p.SecurityType)
	}
	if p := vm.Properties.HardwareProfile; p != nil && p.VMSize != nil {
		kept.VMSize = string(*p.VMSize)
	}
	return kept, nil
}

// disksOf gives the ids of the disks of a machine: the OS disk, and then the others by their LUNs.
func disksOf(vm *armcompute.VirtualMachine) ([]string, error) {
	if vm.Properties == nil || vm.Properties.StorageProfile == nil || vm.Location == nil {
		return nil, errors.New("its answer names none")
	}
	os := vm.Properties.StorageProfile.OSDisk
	if os == nil || os.ManagedDisk == nil || os.ManagedDisk.ID == nil {
		return nil, errors.New("it has no managed OS disk")
	}
	return append([]string{*os.ManagedDisk.ID}, dataDisks(vm.Properties.StorageProfile.DataDisks)...), nil
}

// checkpoint is one call of Checkpoint.
type checkpoint struct {
	*Target
	request         target.Request
	group, location string
	snapshots       *armcompute.SnapshotsClient
}

// keep makes the snapshots. All are asked for before the first one is waited for, so that they are of about the same moment.
func (c *checkpoint) keep(ctx context.Context, prefix string, disks []string) (kept target.Snapshot, err error) {
	waits := make([]func() error, len(disks))
	for i, disk := range disks {
		name := prefix + "_os"
		if i > 0 {
			name = prefix + "_data" + strconv.Itoa(i-1)
		}
		id, wait, err := c.begin(ctx, disk, name)
		if err != nil {
			return kept, fmt.Errorf("make the snapshot %s: %w", name, err)
		}
		if i == 0 {
			kept.OSDisk = id
		} else {
			kept.DataDisks = append(kept.DataDisks, id)
		}
		waits[i] = func() error {
			if err := wait(); err != nil {
				return fmt.Errorf("make the snapshot %s: %w", name, err)
			}
			return nil
		}
	}
	for _, wait := range waits {
		if err := wait(); err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// begin asks for a snapshot, which stands in the ledger before. Incremental ones are paid for by what is in use of the disk, the later
// ones of the same disk by what was changed since.
func (c *checkpoint) begin(ctx context.Context, disk, name string) (id string, wait func() error, err error) {
	id = c.inGroup(c.group, "Microsoft.Compute/snapshots/"+name)
	kind, entry := c.resource(id)
	if err := c.request.Record(ctx, kind, entry); err != nil {
		return "", nil, err
	}
	made, err := c.snapshots.BeginCreateOrUpdate(ctx, c.group, name, armcompute.Snapshot{
		Location: &c.location, Tags: pointersTo(c.Tags()),
		Properties: &armcompute.SnapshotProperties{Incremental: to.Ptr(true), CreationData: &armcompute.CreationData{
			CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: &disk,
		}},
	}, nil)
	if err != nil {
		return "", nil, err
	}
	return id, func() error {
		_, err := made.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: c.between()})
		return err
	}, nil
}

// inGroup is the id of a resource of the run's subscription.
func (t *Target) inGroup(group, resource string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s", t.Account.Subscription, group, resource)
}

// Holds implements target.Checkpointer: a checkpoint's snapshots, and the resource group, with its tags, that shows whose they are.
func (t *Target) Holds(name string) bool {
	id, err := arm.ParseResourceID(strings.TrimPrefix(name, t.Account.Endpoint()))
	if err != nil {
		return false
	}
	switch strings.ToLower(id.ResourceType.String()) {
	case "microsoft.resources/resourcegroups", "microsoft.resources/tags":
		return true
	case "microsoft.compute/snapshots":
		run, _, _ := strings.Cut(strings.TrimPrefix(id.Name, "ingot_"), "_")
		return strings.HasPrefix(id.Name, checkpointPrefix(cmp.Or(run, "-")))
	}
	return false
}

// Lookup implements target.Checkpointer.
func (t *Target) Lookup(ctx context.Context, from target.Snapshot) error {
	client, err := armcompute.NewSnapshotsClient(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return err
	}
	for _, snapshot := range append([]string{from.OSDisk}, from.DataDisks...) {
		id, err := arm.ParseResourceID(snapshot)
		if err != nil {
			return err
		}
		if !strings.EqualFold(id.SubscriptionID, t.Account.Subscription) {
			return fmt.Errorf("the snapshot %s is in subscription %s, and the build in %s", id.Name, id.SubscriptionID, t.Account.Subscription)
		}
		found, err := client.Get(ctx, id.ResourceGroupName, id.Name, nil)
		if isAbsent(err) {
			return &target.GoneError{What: "it is gone", Why: fmt.Sprintf("Azure has no snapshot %s in the resource group %s any more", id.Name,
				id.ResourceGroupName)}
		}
		if err != nil {
			return fmt.Errorf("ask Azure for the snapshot %s: %w", id.Name, err)
		}
		if p := found.Properties; p != nil && p.ProvisioningState != nil && *p.ProvisioningState != "Succeeded" {
			return &target.GoneError{What: "it was never finished",
				Why: fmt.Sprintf("Azure says of the snapshot %s: %s", id.Name, *p.ProvisioningState)}
		}
	}
	return nil
}
