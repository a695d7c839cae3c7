package leftover

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
)

const (
	sub       = azuresim.DefaultSubscription
	otherHost = "fedcba9876543210"
	otherRun  = "0000beef"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// rig is an emulated Azure, a store of runs, and who cleans up after them.
type rig struct {
	testing.TB
	sim     *azuresim.Sim
	account *azurearm.Account
	store   *store.Store
	cleaner *Cleaner
	groups  *armresources.ResourceGroupsClient
	client  *armresources.Client
	foreign []string // what is nobody's to touch, as it was
	before  map[string]any
}

func newRig(t testing.TB, o azuresim.Options) *rig {
	t.Helper()
	r := &rig{TB: t}
	var err error
	if r.sim, err = azuresim.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	client := policy.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: r.sim.URL() + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: r.sim.URL(), Audience: r.sim.URL()}}},
		Transport: r.sim.Client(), Retry: policy.RetryOptions{MaxRetries: 1, RetryDelay: time.Millisecond, MaxRetryDelay: time.Millisecond},
	}
	cred, err := azidentity.NewClientSecretCredential(azuresim.DefaultTenant, "22222222-2222-2222-2222-222222222222", "secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	r.account = &azurearm.Account{Subscription: sub, Credential: cred, Who: "a test", Client: client}
	base := t.TempDir()
	r.store, err = store.Open(t.Context(), store.Dirs{State: base + "/state", Data: base + "/data", Cache: base + "/cache"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.store.Close(); err != nil {
			t.Error(err)
		}
	})
	r.cleaner = r.newCleaner()
	r.groups, r.client = r.cleaner.groups, r.cleaner.resources
	return r
}

func (r *rig) newCleaner() *Cleaner {
	r.Helper()
	c, err := New(r.account, r.store, func() time.Time { return now })
	if err != nil {
		r.Fatal(err)
	}
	return c.Paced(time.Millisecond, 10*time.Second)
}

// live starts a run that this process works on, until the test's end.
func (r *rig) live() *store.ActiveRun {
	r.Helper()
	a, err := r.store.Start(r.Context(), store.Run{Name: "web"})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { a.Close() })
	return a
}

// dead is a run whose process was killed.
func (r *rig) dead() string {
	r.Helper()
	a := r.live()
	if err := a.Close(); err != nil {
		r.Fatal(err)
	}
	return a.Run().ID
}

func (r *rig) record(run, id string) {
	r.Helper()
	if _, err := r.store.Record(r.Context(), run, store.AzureResource, r.account.Endpoint()+id); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) mark(run string) map[string]string {
	return azurearm.Mark{Run: run, Host: r.cleaner.host, Expires: now.Add(time.Hour)}.Tags()
}

// made are the tags of a group that Ingot made for a run.
func (r *rig) made(run string) map[string]string {
	tags := r.mark(run)
	tags[staging.CreatedByTag] = staging.By
	return tags
}

func pointers(tags map[string]string) map[string]*string {
	all := map[string]*string{}
	for k, v := range tags {
		all[k] = &v
	}
	return all
}

func groupID(name string) string { return "/subscriptions/" + sub + "/resourceGroups/" + name }

func (r *rig) group(name string, tags map[string]string) string {
	r.Helper()
	g := armresources.ResourceGroup{Location: new("westeurope"), Tags: pointers(tags)}
	if _, err := r.groups.CreateOrUpdate(r.Context(), name, g, nil); err != nil {
		r.Fatal(err)
	}
	return groupID(name)
}

// put makes a resource.
func (r *rig) put(id string, tags map[string]string, properties map[string]any) string {
	r.Helper()
	version, err := r.cleaner.versionOf(r.Context(), must(r.cleaner.idOf(r.account.Endpoint()+id)))
	if err != nil {
		r.Fatal(err)
	}
	p, err := r.client.BeginCreateOrUpdateByID(r.Context(), id, version, armresources.GenericResource{
		Location: new("westeurope"), Tags: pointers(tags), Properties: properties}, nil)
	if err == nil {
		_, err = p.PollUntilDone(r.Context(), nil)
	}
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type m = map[string]any

// machine makes a virtual machine with all that belongs to it, and gives the ids: the machine, its interface, address, network, security
// group, OS disk.
func (r *rig) machine(group, name string, tags map[string]string) []string {
	r.Helper()
	network := group + "/providers/Microsoft.Network/"
	nsg := r.put(network+"networkSecurityGroups/"+name+"nsg", tags, m{})
	ip := r.put(network+"publicIPAddresses/"+name+"ip", tags, m{})
	vnet := r.put(network+"virtualNetworks/"+name+"net", tags, m{"addressSpace": m{"addressPrefixes": []string{"10.0.0.0/16"}},
		"subnets": []any{m{"name": "build", "properties": m{"addressPrefix": "10.0.1.0/24", "networkSecurityGroup": m{"id": nsg}}}}})
	nic := r.put(network+"networkInterfaces/"+name+"nic", tags, m{"ipConfigurations": []any{m{"name": "a", "properties": m{
		"subnet": m{"id": vnet + "/subnets/build"}, "publicIPAddress": m{"id": ip}}}}})
	vm := r.put(group+"/providers/Microsoft.Compute/virtualMachines/"+name, tags, m{
		"hardwareProfile": m{"vmSize": "Standard_D2s_v5"},
		"storageProfile": m{"imageReference": m{"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
			"osDisk": m{"name": name + "os", "createOption": "FromImage"}},
		"osProfile":      m{"computerName": name, "adminUsername": "packer", "adminPassword": "hidden"},
		"networkProfile": m{"networkInterfaces": []any{m{"id": nic}}},
	})
	return []string{vm, nic, ip, vnet, nsg, group + "/providers/Microsoft.Compute/disks/" + name + "os"}
}

// lost is a run that was killed when its build VM stood: a group that Ingot made, with all in the ledger. adopted says that the group
// was there before.
func (r *rig) lost(name string, adopted bool) (run, group string, all []string) {
	r.Helper()
	run = r.dead()
	tags := r.made(run)
	group = groupID(name)
	if adopted {
		delete(tags, staging.CreatedByTag)
		tags[staging.UsedByTag], tags["cost"], tags["ingot-added"] = staging.By, "7", "usedBy"
		r.record(run, staging.TagsID(group))
	} else {
		r.record(run, group)
	}
	r.group(name, tags)
	all = r.machine(group, "vm", r.mark(run))
	for _, id := range all {
		r.record(run, id)
	}
	return run, group, all
}

// others are what is not Ingot's in the same subscription: it must be there after everything, as it was.
func (r *rig) others() {
	r.Helper()
	g := r.group("theirs", map[string]string{"createdBy": "somebody"})
	r.machine(g, "db", map[string]string{"team": "data"})
	r.put(g+"/providers/Microsoft.Network/publicIPAddresses/bare", nil, m{})
	r.group("empty", nil)
	r.guard()
}

// guard takes down what is there now, as that which must stay.
func (r *rig) guard() {
	r.before = map[string]any{}
	r.foreign = r.sim.Resources()
	for _, id := range r.foreign {
		r.before[id] = r.sim.Resource(id)
	}
}

// untouched sees that nothing foreign has changed.
func (r *rig) untouched() {
	r.Helper()
	for _, id := range r.foreign {
		if diff := cmp.Diff(r.before[id], any(r.sim.Resource(id))); diff != "" {
			r.Errorf("%s (-before +after):\n%s", id, diff)
		}
	}
}

// left are the ids that are there beside the foreign ones.
func (r *rig) left() []string {
	var ids []string
	for _, id := range r.sim.Resources() {
		if !slices.Contains(r.foreign, id) && !strings.Contains(id, "/subnets/") {
			ids = append(ids, strings.TrimPrefix(id, groupID("")))
		}
	}
	slices.Sort(ids)
	return ids
}

// list is what a clean finds.
func (r *rig) list() ([]ledger.Leftover, error) {
	list, err := ledger.Remote(r.Context(), r.store, r.cleaner)
	if err != nil {
		return nil, err
	}
	found, err := r.cleaner.Find(r.Context(), list)
	return append(list, found...), err
}

func (r *rig) clean() ([]ledger.Leftover, error) {
	list, err := r.list()
	if err != nil {
		return nil, err
	}
	return ledger.Remove(r.Context(), r.store, r.cleaner, list)
}

// entries are the ids that a run has in the ledger.
func (r *rig) entries(run string) []string {
	r.Helper()
	all, err := r.store.Entries(r.Context(), run)
	if err != nil {
		r.Fatal(err)
	}
	var ids []string
	for _, e := range all {
		ids = append(ids, strings.TrimPrefix(e.Name, r.account.Endpoint()+groupID("")))
	}
	return ids
}

// told is a list in short: what is to be done with each thing, and why.
func told(list []ledger.Leftover) string {
	var lines []string
	for _, l := range list {
		do := "delete"
		switch {
		case l.Stays != "":
			do = "leave (" + l.Stays + ")"
		case !l.Present:
			do = "gone"
		case l.Does != "":
			do = l.Does
		}
		lines = append(lines, fmt.Sprintf("%s: %s [%s]", l.What, do, l.Why))
	}
	return strings.Join(lines, "\n")
}

func with(all ...map[string]string) map[string]string {
	tags := map[string]string{}
	for _, some := range all {
		maps.Copy(tags, some)
	}
	return tags
}
