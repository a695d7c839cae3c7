package azure

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestCheckpoint keeps both disks of a machine and makes another one of them, in a subnet of somebody else: with nothing but a private
// address, of the same size, and with its disks in their places. All of it was recorded.
func TestCheckpoint(t *testing.T) {
	r := newStandingRig(t)
	a := New(Options{Account: r.account, Host: standingHost})
	if err := a.TakeUp(t.Context(), r.request, r.staged); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Checkpoint(t.Context(), r.request, r.staged, "2"); err == nil {
		t.Error("a checkpoint of no machine")
	}
	vm, err := a.Standing(t.Context(), r.request, r.staged, slices.Clone(r.recorded), "")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := a.Checkpoint(t.Context(), r.request, r.staged, "2")
	if err != nil {
		t.Fatal(err)
	}
	if kept.VMSize != "Standard_D2s_v5" || kept.Location != "westeurope" || len(kept.DataDisks) != 1 {
		t.Errorf("kept %+v", kept)
	}
	for _, id := range append(kept.DataDisks, kept.OSDisk) {
		if !slices.Contains(r.recorded, r.account.Endpoint()+id) || !a.Holds(r.account.Endpoint()+id) {
			t.Errorf("%s was not recorded, or is not held", id)
		}
	}
	for _, name := range []string{r.account.Endpoint() + vm.ID, r.account.Endpoint() + a.inGroup("x", "Microsoft.Compute/snapshots/"+
		snapshotName(standingRun)), "/var/lib/x"} {
		if a.Holds(name) {
			t.Errorf("%s is held for a checkpoint", name)
		}
	}
	if err := a.Lookup(t.Context(), kept); err != nil {
		t.Error(err)
	}
	group := a.inGroup(r.staged.Vars["build_resource_group_name"], "")
	r.request.Plan.Azure.Network = plan.Network{SubnetID: group + "Microsoft.Network/virtualNetworks/net/subnets/build"}
	before := len(r.recorded)
	again, err := a.Restore(t.Context(), r.request, r.staged, kept)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.compute.NewVirtualMachinesClient().Get(t.Context(), r.staged.Vars["build_resource_group_name"], again.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	disks := got.Properties.StorageProfile
	if *got.Properties.HardwareProfile.VMSize != "Standard_D2s_v5" || *disks.OSDisk.CreateOption != armcompute.DiskCreateOptionTypesAttach ||
		!strings.HasSuffix(*disks.OSDisk.ManagedDisk.ID, "-os") || len(disks.DataDisks) != 1 || *disks.DataDisks[0].Lun != 0 {
		t.Errorf("the machine is %+v over %+v", got.Properties.HardwareProfile, disks)
	}
	for _, name := range r.recorded[before:] {
		if strings.Contains(name, "/publicIPAddresses/") || strings.Contains(name, "/networkSecurityGroups/") {
			t.Errorf("%s was made for a machine in a subnet of somebody else", name)
		}
	}
	if n := len(r.recorded) - before; n != 4 { // two disks, the interface, the machine
		t.Errorf("%d things were recorded: %q", n, r.recorded[before:])
	}
	if !a.Spent(r.account.Endpoint() + again.ID) {
		t.Error("the machine is not spent once it is captured")
	}

	kept.OSDisk += "x"
	var gone *target.GoneError
	if err := a.Lookup(t.Context(), kept); !errors.As(err, &gone) {
		t.Errorf("a snapshot that is not there: %v", err)
	}
}
