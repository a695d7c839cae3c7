package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
)

var _ target.Resumer = (*Target)(nil)

// TakeUp implements target.Resumer: the staging resource group is the run's again, with a later expiry.
func (t *Target) TakeUp(ctx context.Context, r target.Request, s target.Staged) error {
	t.plan = r.Plan
	if t.group != nil {
		return nil
	}
	name := s.Vars["build_resource_group_name"]
	groups, err := armresources.NewResourceGroupsClient(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return err
	}
	// One that is gone would be made anew below.
	if there, err := groups.CheckExistence(ctx, name, nil); err != nil {
		return fmt.Errorf("ask Azure for the staging resource group %s: %w", name, err)
	} else if !there.Success {
		return &target.GoneError{What: "the staging resource group is gone", Why: fmt.Sprintf("Azure has no %s any more", name)}
	}
	t.group, err = staging.Open(ctx, t.Account, staging.Request{
		Plan: r.Plan, RunID: r.RunID, Host: t.Host, TemplateGroup: t.TemplateGroup, Group: name, Location: t.location(r.Plan),
		Timeout: r.Timeout, Now: time.Now(), Record: r.Record,
	})
	return err
}

// Standing implements target.Resumer.
func (t *Target) Standing(ctx context.Context, _ target.Request, s target.Staged, recorded []string, host string) (target.VM, error) {
	id, vm, err := t.findVM(ctx, s, recorded)
	if err != nil {
		return target.VM{}, err
	}
	t.note(id.String())
	found := target.VM{ID: id.String(), Name: id.Name, Host: host, Running: isRunning(vm)}
	if !found.Running {
		return found, nil
	}
	if host, err := t.hostOf(ctx, vm, host); err != nil {
		return target.VM{}, fmt.Errorf("ask Azure for the address of the build VM %s: %w", id.Name, err)
	} else if host != "" {
		found.Host = host
	}
	return found, nil
}

// findVM looks for the build VM among what the run recorded: of several, as a validation VM is one too, it is the one that stands.
func (t *Target) findVM(ctx context.Context, s target.Staged, recorded []string) (*arm.ResourceID, *armcompute.VirtualMachine, error) {
	client, err := armcompute.NewVirtualMachinesClient(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return nil, nil, err
	}
	gone := &target.GoneError{What: "the build VM is gone", Why: "the run has none in the ledger: it ended before one was made, or its " +
		"machine was removed"}
	for _, name := range recorded {
		path, here := strings.CutPrefix(name, t.Account.Endpoint())
		id, err := arm.ParseResourceID(path)
		if !here || err != nil || !strings.EqualFold(id.ResourceType.String(), "Microsoft.Compute/virtualMachines") ||
			!strings.EqualFold(id.ResourceGroupName, s.Vars["build_resource_group_name"]) {
			continue
		}
		vm, err := client.Get(ctx, id.ResourceGroupName, id.Name, &armcompute.VirtualMachinesClientGetOptions{
			Expand: to.Ptr(armcompute.InstanceViewTypesInstanceView),
		})
		if isAbsent(err) {
			gone.Why = fmt.Sprintf("Azure has no %s in the resource group %s any more", id.Name, id.ResourceGroupName)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("ask Azure for the build VM %s: %w", id.Name, err)
		}
		if p := vm.Properties; p == nil || p.StorageProfile == nil || p.ProvisioningState != nil && *p.ProvisioningState == "Deleting" {
			gone.Why = fmt.Sprintf("%s is being deleted, or was never finished", id.Name)
			continue
		}
		return id, &vm.VirtualMachine, nil
	}
	return nil, nil, gone
}

func isAbsent(err error) bool {
	var refused *azcore.ResponseError
	return errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound
}

func isRunning(vm *armcompute.VirtualMachine) bool {
	if vm.Properties.InstanceView == nil {
		return false
	}
	for _, s := range vm.Properties.InstanceView.Statuses {
		if s != nil && s.Code != nil && strings.EqualFold(*s.Code, "PowerState/running") {
			return true
		}
	}
	return false
}

// note remembers the build VM, if that is what is being made. The gateway calls it too, so it is safe for concurrent use.
func (t *Target) note(id string) {
	at, err := arm.ParseResourceID(id)
	if err == nil && strings.EqualFold(at.ResourceType.String(), "Microsoft.Compute/virtualMachines") {
		t.vm.Store(&id)
	}
}
