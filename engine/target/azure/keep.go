package azure

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target"
)

// Kept implements target.Keeper. How to get into the VM, only the builder knows: the caller adds it.
func (t *Target) Kept(ctx context.Context, s target.Staged) (target.Kept, error) {
	client, err := armcompute.NewVirtualMachinesClient(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return target.Kept{}, err
	}
	group := s.Vars["build_resource_group_name"]
	for pages := client.NewListPager(group, nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return target.Kept{}, fmt.Errorf("look for the VM in the resource group %s: %w", group, err)
		}
		for _, vm := range page.Value {
			if vm == nil || vm.Name == nil {
				continue
			}
			k := target.Kept{Name: *vm.Name + " in the resource group " + group}
			if p := vm.Properties; p != nil && p.StorageProfile != nil && p.StorageProfile.OSDisk != nil &&
				p.StorageProfile.OSDisk.ManagedDisk != nil && p.StorageProfile.OSDisk.ManagedDisk.ID != nil {
				k.Disk = *p.StorageProfile.OSDisk.ManagedDisk.ID
			}
			return k, nil
		}
	}
	return target.Kept{}, errors.New("the builder left none")
}
