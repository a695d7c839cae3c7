package azure

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Restore implements target.Checkpointer. The builder azure-arm makes machines of images only, and these would lose their user: so the
// disks, the network and the machine are made here, under the tags and in the resource group of the run.
func (t *Target) Restore(ctx context.Context, r target.Request, s target.Staged, from target.Snapshot) (target.VM, error) {
	t.restore = nil
	clients, err := armcompute.NewClientFactory(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return target.VM{}, err
	}
	m := &restoring{Target: t, request: r, staged: s, from: from, group: s.Vars["build_resource_group_name"], name: "ingot-" + r.RunID,
		disks: clients.NewDisksClient(), vms: clients.NewVirtualMachinesClient()}
	vm, err := m.run(ctx)
	if err != nil && context.Cause(ctx) == nil {
		t.restore = err
	}
	return vm, err
}

// restoring is one call of Restore.
type restoring struct {
	*Target
	request     target.Request
	staged      target.Staged
	from        target.Snapshot
	group, name string
	disks       *armcompute.DisksClient
	vms         *armcompute.VirtualMachinesClient
}

func (m *restoring) run(ctx context.Context) (target.VM, error) {
	snapshots := append([]string{m.from.OSDisk}, m.from.DataDisks...)
	made := make([]string, len(snapshots))
	nic := ""
	all, gctx := errgroup.WithContext(ctx)
	for i, snapshot := range snapshots {
		all.Go(func() (err error) {
			made[i], err = m.disk(gctx, i, snapshot)
			return err
		})
	}
	all.Go(func() (err error) {
		nic, err = m.network(gctx)
		return err
	})
	if err := all.Wait(); err != nil {
		return target.VM{}, err
	}
	id := m.inGroup(m.group, "Microsoft.Compute/virtualMachines/"+m.name)
	m.note(id)
	vm, err := m.machine(ctx, id, nic, made)
	if err != nil {
		return target.VM{}, fmt.Errorf("make the build VM %s: %w", m.name, err)
	}
	host, err := m.hostOf(ctx, vm, "")
	if err != nil {
		return target.VM{}, fmt.Errorf("ask Azure for the address of the build VM %s: %w", m.name, err)
	}
	if host == "" {
		return target.VM{}, fmt.Errorf("ask Azure for the address of the build VM %s: it has none", m.name)
	}
	return target.VM{ID: id, Name: m.name, Host: host, Running: true}, nil
}

// record writes into the ledger what is made next.
func (m *restoring) record(ctx context.Context, id string) error {
	kind, entry := m.resource(id)
	return m.request.Record(ctx, kind, entry)
}

// disk makes one of a snapshot: 0 is the OS disk.
func (m *restoring) disk(ctx context.Context, i int, snapshot string) (string, error) {
	name := m.name + "-os"
	if i > 0 {
		name = m.name + "-data" + strconv.Itoa(i-1)
	}
	id := m.inGroup(m.group, "Microsoft.Compute/disks/"+name)
	if err := m.record(ctx, id); err != nil {
		return "", err
	}
	made, err := m.disks.BeginCreateOrUpdate(ctx, m.group, name, armcompute.Disk{
		Location: to.Ptr(m.from.Location), Tags: pointersTo(m.Tags()),
		Properties: &armcompute.DiskProperties{CreationData: &armcompute.CreationData{
			CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: &snapshot,
		}},
	}, nil)
	if err == nil {
		_, err = made.PollUntilDone(ctx, m.often())
	}
	if err != nil {
		return "", fmt.Errorf("make the disk %s of the checkpoint: %w", name, err)
	}
	return id, nil
}

func (m *restoring) often() *runtime.PollUntilDoneOptions {
	return &runtime.PollUntilDoneOptions{Frequency: m.between()}
}

// machine makes the VM over disks that have everything on them that a first boot makes: users and keys, names of interfaces.
func (m *restoring) machine(ctx context.Context, id, nic string, disks []string) (*armcompute.VirtualMachine, error) {
	if err := m.record(ctx, id); err != nil {
		return nil, err
	}
	made, err := m.vms.BeginCreateOrUpdate(ctx, m.group, m.name, m.document(nic, disks), nil)
	if err == nil {
		var done armcompute.VirtualMachinesClientCreateOrUpdateResponse
		if done, err = made.PollUntilDone(ctx, m.often()); err == nil {
			return &done.VirtualMachine, nil
		}
	}
	if context.Cause(ctx) == nil {
		m.drop(ctx) // it holds the disks, which another one may be made with
	}
	return nil, err
}

// drop removes a machine that Azure could not start, as far as it made one. What it leaves is removed at the end of the run.
func (m *restoring) drop(ctx context.Context) {
	gone, err := m.vms.BeginDelete(ctx, m.group, m.name, nil)
	if err == nil {
		_, err = gone.PollUntilDone(ctx, m.often())
	}
	if err != nil && !isAbsent(err) {
		m.Say(fmt.Sprintf("the machine %s, which did not start, is removed at the end of the run: %v", m.name, err))
	}
}

func (m *restoring) document(nic string, disks []string) armcompute.VirtualMachine {
	os := armcompute.OperatingSystemTypesLinux
	if m.from.OS == plan.Windows {
		os = armcompute.OperatingSystemTypesWindows
	}
	size := armcompute.VirtualMachineSizeTypes(cmp.Or(m.request.Plan.Azure.VMSize, m.from.VMSize))
	attach := armcompute.DiskCreateOptionTypesAttach
	vm := armcompute.VirtualMachine{Location: to.Ptr(m.from.Location), Tags: pointersTo(m.Tags())}
	vm.Properties = &armcompute.VirtualMachineProperties{
		HardwareProfile: &armcompute.HardwareProfile{VMSize: &size},
		NetworkProfile:  &armcompute.NetworkProfile{NetworkInterfaces: []*armcompute.NetworkInterfaceReference{{ID: &nic}}},
		StorageProfile: &armcompute.StorageProfile{OSDisk: &armcompute.OSDisk{
			CreateOption: &attach, OSType: &os, ManagedDisk: &armcompute.ManagedDiskParameters{ID: &disks[0]},
		}},
	}
	for i := range disks[1:] {
		vm.Properties.StorageProfile.DataDisks = append(vm.Properties.StorageProfile.DataDisks, &armcompute.DataDisk{
			CreateOption: &attach, Lun: to.Ptr(int32(i)), ManagedDisk: &armcompute.ManagedDiskParameters{ID: &disks[i+1]},
		})
	}
	if m.from.SecurityType == string(armcompute.SecurityTypesTrustedLaunch) {
		vm.Properties.SecurityProfile = &armcompute.SecurityProfile{SecurityType: to.Ptr(armcompute.SecurityTypesTrustedLaunch),
			UefiSettings: &armcompute.UefiSettings{SecureBootEnabled: to.Ptr(true), VTpmEnabled: to.Ptr(true)}}
	}
	if p := m.request.Plan.Source.PlatformImage; p != nil && p.Plan != nil {
		vm.Plan = &armcompute.Plan{Name: &p.Plan.Name, Product: &p.Plan.Product, Publisher: &p.Plan.Publisher}
	}
	if ids := m.request.Plan.Azure.VMIdentities; len(ids) > 0 {
		vm.Identity = &armcompute.VirtualMachineIdentity{Type: to.Ptr(armcompute.ResourceIdentityTypeUserAssigned),
			UserAssignedIdentities: map[string]*armcompute.UserAssignedIdentitiesValue{}}
		for _, id := range ids {
			vm.Identity.UserAssignedIdentities[id] = &armcompute.UserAssignedIdentitiesValue{}
		}
	}
	return vm
}
