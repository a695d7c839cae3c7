package azure

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
	"github.com/ingot-build/ingot/translate/plan"
)

const (
	standingRun  = "3f2a9c1e"
	standingHost = "0123456789abcdef"
)

// standingRig is an emulated Azure with the build VM of a run whose process is gone.
type standingRig struct {
	*testing.T
	sim      *azuresim.Sim
	account  *azurearm.Account
	compute  *armcompute.ClientFactory
	request  target.Request
	staged   target.Staged
	recorded []string
}

func newStandingRig(t *testing.T) *standingRig {
	t.Helper()
	sim, err := azuresim.Start(azuresim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	client := policy.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: sim.URL() + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: sim.URL(), Audience: sim.URL()},
		}},
		Transport: sim.Client(),
		Retry:     policy.RetryOptions{MaxRetries: 1, RetryDelay: time.Millisecond, MaxRetryDelay: 5 * time.Millisecond},
	}
	cred, err := azidentity.NewClientSecretCredential(azuresim.DefaultTenant, "22222222-2222-2222-2222-222222222222", "secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	r := &standingRig{T: t, sim: sim,
		account: &azurearm.Account{Subscription: azuresim.DefaultSubscription, Credential: cred, Who: "a test", Client: client}}
	if r.compute, err = armcompute.NewClientFactory(r.account.Subscription, cred, r.account.Options()); err != nil {
		t.Fatal(err)
	}
	r.request = target.Request{
		RunID: standingRun, Plan: &plan.Plan{Name: "web", OS: plan.Linux, TimeoutMinutes: 60, DataDisksGB: []int64{4},
			Azure: plan.Azure{Location: "westeurope"}},
		Record: func(_ context.Context, kind store.Kind, name string) error {
			if kind == store.AzureResource && !slices.Contains(r.recorded, name) {
				r.recorded = append(r.recorded, name)
			}
			return nil
		},
	}
	group, err := staging.Open(t.Context(), r.account, staging.Request{Plan: r.request.Plan, RunID: standingRun, Host: standingHost,
		Now: time.Now(), Record: r.request.Record})
	if err != nil {
		t.Fatal(err)
	}
	r.staged = target.Staged{Tags: group.Tags, Vars: map[string]string{
		"build_resource_group_name": group.Name, "image_resource_group_name": group.Name,
		"snapshot_name": snapshotName(standingRun), "data_disk_snapshot_prefix": dataSnapshotPrefix(standingRun),
	}}
	r.machine(group.ID + "/providers/")
	return r
}

// machine makes a VM with its network below a path.
func (r *standingRig) machine(below string) {
	r.Helper()
	network, vm := below+"Microsoft.Network/", below+"Microsoft.Compute/virtualMachines/pkrvm"
	type o = map[string]any
	type l = []any
	r.put(network+"virtualNetworks/net", o{"addressSpace": o{"addressPrefixes": l{"10.0.0.0/16"}},
		"subnets": l{o{"name": "build", "properties": o{"addressPrefix": "10.0.1.0/24"}}}})
	r.put(network+"publicIPAddresses/ip", o{"publicIPAllocationMethod": "Static"})
	r.put(network+"networkInterfaces/nic", o{"ipConfigurations": l{o{"name": "a", "properties": o{
		"subnet":          o{"id": network + "virtualNetworks/net/subnets/build"},
		"publicIPAddress": o{"id": network + "publicIPAddresses/ip"},
	}}}})
	r.put(vm, o{
		"hardwareProfile": o{"vmSize": "Standard_D2s_v5"},
		"storageProfile": o{
			"imageReference": o{"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
			"osDisk":         o{"name": "os", "createOption": "FromImage"},
			"dataDisks":      l{o{"lun": 0, "diskSizeGB": 4, "createOption": "Empty", "name": "data"}},
		},
		"osProfile":      o{"computerName": "web", "adminUsername": "packer", "adminPassword": "hidden-Word-1"},
		"networkProfile": o{"networkInterfaces": l{o{"id": network + "networkInterfaces/nic"}}},
	})
	_ = r.request.Record(r.Context(), store.AzureResource, r.account.Endpoint()+vm)
}

func (r *standingRig) put(id string, properties any) {
	r.Helper()
	client, err := armresources.NewClient(r.account.Subscription, r.account.Credential, r.account.Options())
	if err != nil {
		r.Fatal(err)
	}
	location := "westeurope"
	p, err := client.BeginCreateOrUpdateByID(r.Context(), id, networkVersion, armresources.GenericResource{
		Location: &location, Properties: properties}, nil)
	if err == nil {
		_, err = p.PollUntilDone(r.Context(), nil)
	}
	if err != nil {
		r.Fatalf("make %s: %v", id, err)
	}
}

func (r *standingRig) target() *Target {
	return New(Options{Account: r.account, Host: standingHost, Poll: time.Millisecond})
}

func TestStandingAndCapture(t *testing.T) {
	r := newStandingRig(t)
	before := len(r.recorded)
	tg := r.target()
	if err := tg.TakeUp(t.Context(), r.request, r.staged); err != nil {
		t.Fatal(err)
	}
	vm, err := tg.Standing(t.Context(), r.request, r.staged, r.recorded, "203.0.113.7")
	if err != nil {
		t.Fatal(err)
	}
	if !vm.Running || vm.Name != "pkrvm" || !strings.HasPrefix(vm.Host, "127.") {
		t.Errorf("found %+v: want pkrvm, which runs, at the address that it has now", vm)
	}
	if len(r.recorded) != before {
		t.Errorf("recorded %v: nothing is made to look for a VM", r.recorded[before:])
	}
	for range 2 { // as after a kill in between
		if err := tg.Capture(t.Context(), r.request, r.staged, vm); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, name := range r.recorded[before:] {
		names = append(names, name[strings.LastIndex(name, "/")+1:])
	}
	if want := []string{"ingot_3f2a9c1e_os", "ingot_3f2a9c1e_data0"}; !slices.Equal(names, want) {
		t.Errorf("recorded %v, want %v", names, want)
	}
	disk, err := tg.Collect(t.Context(), r.staged)
	if err != nil || disk.Snapshot == nil || len(disk.Snapshot.DataDisks) != 1 {
		t.Fatalf("collected %+v, %v", disk, err)
	}
	snapshot, err := r.compute.NewSnapshotsClient().Get(t.Context(), r.staged.Vars["image_resource_group_name"], "ingot_3f2a9c1e_os", nil)
	if err != nil {
		t.Fatal(err)
	}
	if tag := snapshot.Tags[azurearm.RunTag]; tag == nil || *tag != standingRun {
		t.Errorf("the snapshot has the tags %v", snapshot.Tags)
	}
	vm, err = r.target().Standing(t.Context(), r.request, r.staged, r.recorded, vm.Host)
	if err != nil || vm.Running {
		t.Errorf("after it was captured: %+v, %v", vm, err)
	}
}

func TestNothingStands(t *testing.T) {
	r := newStandingRig(t)
	var gone *target.GoneError
	other := strings.Replace(r.recorded[1], r.account.Endpoint(), "https://other.example", 1)
	for name, c := range map[string]struct {
		recorded []string
		do       func()
		want     string
	}{
		"nothing in the ledger":   {nil, func() {}, "none in the ledger"},
		"of another cloud":        {[]string{other}, func() {}, "none in the ledger"},
		"no id":                   {[]string{r.account.Endpoint() + "/subscriptions/x/../y"}, func() {}, "none in the ledger"},
		"deleted by somebody now": {r.recorded, r.deleteVM, "has no pkrvm in the resource group"},
	} {
		t.Run(name, func(t *testing.T) {
			c.do()
			if err := r.target().TakeUp(t.Context(), r.request, r.staged); err != nil {
				t.Fatal(err)
			}
			_, err := r.target().Standing(t.Context(), r.request, r.staged, c.recorded, "127.0.0.1")
			if !errors.As(err, &gone) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a *GoneError with %q", err, c.want)
			}
		})
	}
}

// TestGroupIsGone has nothing made in the place of what is not there.
func TestGroupIsGone(t *testing.T) {
	r := newStandingRig(t)
	r.staged.Vars["build_resource_group_name"] = "IT_other"
	var gone *target.GoneError
	if err := r.target().TakeUp(t.Context(), r.request, r.staged); !errors.As(err, &gone) {
		t.Errorf("got %v, want a *GoneError", err)
	}
	for _, id := range r.sim.Resources() {
		if strings.Contains(id, "IT_other") {
			t.Errorf("%s was made", id)
		}
	}
}

func (r *standingRig) deleteVM() {
	p, err := r.compute.NewVirtualMachinesClient().BeginDelete(r.Context(), r.staged.Vars["build_resource_group_name"], "pkrvm", nil)
	if err == nil {
		_, err = p.PollUntilDone(r.Context(), nil)
	}
	if err != nil {
		r.Fatal(err)
	}
}
