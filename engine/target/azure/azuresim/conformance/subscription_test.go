package conformance

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestSubscription reads what a subscription has: locations, providers, sizes, quotas, marketplace images.
func TestSubscription(t *testing.T) {
	r := newRig(t, azuresim.Options{Unregistered: []string{"Microsoft.KeyVault"}, Quota: map[string]int{"cores": 3}})
	ctx := t.Context()
	subs := must(armsubscriptions.NewClient(r.cred, r.options))(t)
	list := all(t, subs.NewListPager(nil),
		func(p armsubscriptions.ClientListResponse) []*armsubscriptions.Subscription { return p.Value })
	if len(list) != 1 || *list[0].SubscriptionID != sub {
		t.Errorf("got %d subscriptions", len(list))
	}
	if one := must(subs.Get(ctx, sub, nil))(t); *one.TenantID != azuresim.DefaultTenant {
		t.Errorf("the tenant is %s", *one.TenantID)
	}
	places := all(t, subs.NewListLocationsPager(sub, nil),
		func(p armsubscriptions.ClientListLocationsResponse) []*armsubscriptions.Location { return p.Value })
	if !slices.ContainsFunc(places, func(l *armsubscriptions.Location) bool { return *l.Name == place }) {
		t.Errorf("no %s among %d locations", place, len(places))
	}
	_, err := subs.Get(ctx, "99999999-0000-0000-0000-000000000000", nil)
	refused(t, err, http.StatusNotFound, "SubscriptionNotFound")

	providers := must(armresources.NewProvidersClient(sub, r.cred, r.options))(t)
	if p := must(providers.Get(ctx, "microsoft.compute", nil))(t); *p.RegistrationState != "Registered" ||
		len(p.ResourceTypes) < 5 {
		t.Errorf("compute is %s with %d types", *p.RegistrationState, len(p.ResourceTypes))
	}
	vaults := must(armkeyvault.NewVaultsClient(sub, r.cred, r.options))(t)
	vault := armkeyvault.VaultCreateOrUpdateParameters{Location: to.Ptr(place), Properties: &armkeyvault.VaultProperties{
		TenantID: to.Ptr(azuresim.DefaultTenant), SKU: &armkeyvault.SKU{Family: to.Ptr(armkeyvault.SKUFamilyA),
			Name: to.Ptr(armkeyvault.SKUNameStandard)}, AccessPolicies: []*armkeyvault.AccessPolicyEntry{}}}
	if p := must(providers.Get(ctx, "Microsoft.KeyVault", nil))(t); *p.RegistrationState != "NotRegistered" {
		t.Errorf("key vaults are %s", *p.RegistrationState)
	}
	// The client knows the refusal: it registers the subscription, and tries again.
	if got := done(vaults.BeginCreateOrUpdate(ctx, group, "secrets-here", vault, nil))(t); *got.Properties.VaultURI !=
		"https://secrets-here.vault."+azuresim.Suffix+"/" {
		t.Errorf("the vault is at %s", *got.Properties.VaultURI)
	}

	if p := must(providers.Get(ctx, "Microsoft.KeyVault", nil))(t); *p.RegistrationState != "Registered" {
		t.Errorf("key vaults are %s after the client was refused", *p.RegistrationState)
	}

	usages := all(t, r.compute.NewUsageClient().NewListPager(place, nil),
		func(p armcompute.UsageClientListResponse) []*armcompute.Usage { return p.Value })
	if *usages[0].Name.Value != "cores" || *usages[0].Limit != 3 {
		t.Errorf("the first usage is %s of %d", *usages[0].Name.Value, *usages[0].Limit)
	}
	skus := all(t, r.compute.NewResourceSKUsClient().NewListPager(&armcompute.ResourceSKUsClientListOptions{
		Filter: to.Ptr("location eq " +
			"'westeurope'")}), func(p armcompute.ResourceSKUsClientListResponse) []*armcompute.ResourceSKU { return p.Value })
	if !slices.ContainsFunc(skus, func(s *armcompute.ResourceSKU) bool { return *s.Name == "Standard_D2s_v5" }) {
		t.Errorf("no Standard_D2s_v5 among %d SKUs", len(skus))
	}
	images := r.compute.NewVirtualMachineImagesClient()
	versions := must(images.List(ctx, place, "Canonical", "ubuntu-24_04-lts", "server",
		&armcompute.VirtualMachineImagesClientListOptions{
			Top: to.Ptr[int32](1), Orderby: to.Ptr("name desc")}))(t)
	if v := versions.VirtualMachineImageResourceArray; len(v) != 1 || *v[0].Name != "24.04.202410170" {
		t.Errorf("the newest version is not the only one: %d", len(v))
	}
	image := must(images.Get(ctx, place, "Canonical", "ubuntu-24_04-lts", "server", "24.04.202410170", nil))(t)
	if *image.Properties.HyperVGeneration != armcompute.HyperVGenerationTypesV2 {
		t.Errorf("it is of generation %s", *image.Properties.HyperVGeneration)
	}
	_, err = images.Get(ctx, place, "Canonical", "ubuntu-24_04-lts", "server", "1.2.3", nil)
	refused(t, err, http.StatusNotFound, "NotFound")
}

// TestRefusals has permissions, policies, quotas and capacity say no.
func TestRefusals(t *testing.T) {
	r := newRig(t, azuresim.Options{
		Denied: []azuresim.Denial{{Action: "Microsoft.Compute/images/*"}}, Quota: map[string]int{"cores": 1},
		Policies: []azuresim.Policy{{Name: "europe", Type: "Microsoft.Compute/disks", Locations: []string{"West Europe"}}},
	})
	ctx := t.Context()
	_, err := r.compute.NewImagesClient().Get(ctx, group, "web", nil)
	refused(t, err, http.StatusForbidden, "AuthorizationFailed")
	permissions := must(armauthorization.NewPermissionsClient(sub, r.cred, r.options))(t)
	allowed := all(t, permissions.NewListForResourceGroupPager(group, nil),
		func(p armauthorization.PermissionsClientListForResourceGroupResponse) []*armauthorization.Permission {
			return p.Value
		})
	if len(allowed) != 1 || len(allowed[0].NotActions) != 1 || *allowed[0].NotActions[0] != "Microsoft.Compute/images/*" {
		t.Errorf("the permissions do not tell what is denied")
	}
	disk := armcompute.Disk{Location: to.Ptr("eastus"),
		Properties: &armcompute.DiskProperties{DiskSizeGB: to.Ptr[int32](1),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)}}}
	_, err = r.compute.NewDisksClient().BeginCreateOrUpdate(ctx, group, "d", disk, nil)
	refused(t, err, http.StatusForbidden, "RequestDisallowedByPolicy")
	_, err = r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(ctx, group, "vm", machine(r.nic(), "vm"), nil)
	refused(t, err, http.StatusConflict, "OperationNotAllowed")
	if err == nil || !strings.Contains(err.Error(), "exceeding approved Total Regional Cores quota") {
		t.Errorf("the quota says %v", err)
	}
	disk.Location = to.Ptr("atlantis")
	_, err = r.compute.NewDisksClient().BeginCreateOrUpdate(ctx, group, "d", disk, nil)
	refused(t, err, http.StatusBadRequest, "LocationNotAvailableForResourceType")
	_, err = r.compute.NewDisksClient().BeginCreateOrUpdate(ctx, "nowhere", "d", disk, nil)
	refused(t, err, http.StatusNotFound, "ResourceGroupNotFound")
}

// TestRoles assigns a role, at the scope of a gallery.
func TestRoles(t *testing.T) {
	r, _ := galleryRig(t, azuresim.Options{})
	ctx := t.Context()
	roles := must(armauthorization.NewRoleAssignmentsClient(sub, r.cred, r.options))(t)
	scope := "subscriptions/" + sub + "/resourceGroups/" + group + "/providers/Microsoft.Compute/galleries/shared"
	about := armauthorization.RoleAssignmentCreateParameters{Properties: &armauthorization.RoleAssignmentProperties{
		PrincipalID: to.Ptr("33333333-3333-3333-3333-333333333333"), RoleDefinitionID: to.Ptr("/role")}}
	one := must(roles.Create(ctx, scope, "44444444-4444-4444-4444-444444444444", about, nil))(t)
	if *one.Properties.Scope != "/"+scope {
		t.Errorf("the scope is %s", *one.Properties.Scope)
	}
	_, err := roles.Create(ctx, scope, "55555555-5555-5555-5555-555555555555", about, nil)
	refused(t, err, http.StatusConflict, "RoleAssignmentExists")
	must(roles.Delete(ctx, scope, *one.Name, nil))(t)
}
