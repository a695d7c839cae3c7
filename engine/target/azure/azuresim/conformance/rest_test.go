package conformance

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestVault keeps a secret, which Azure Resource Manager never shows and the vault does, to those with a token.
func TestVault(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	vaults := must(armkeyvault.NewVaultsClient(sub, r.cred, r.options))(t)
	secrets := must(armkeyvault.NewSecretsClient(sub, r.cred, r.options))(t)
	vault := done(vaults.BeginCreateOrUpdate(ctx, group, "kv-1", armkeyvault.VaultCreateOrUpdateParameters{
		Location: to.Ptr(place), Properties: &armkeyvault.VaultProperties{TenantID: to.Ptr(azuresim.DefaultTenant),
			SKU: &armkeyvault.SKU{Family: to.Ptr(armkeyvault.SKUFamilyA), Name: to.Ptr(armkeyvault.SKUNameStandard)}}}, nil))(t)
	put := must(secrets.CreateOrUpdate(ctx, group, "kv-1", "pfx", armkeyvault.SecretCreateOrUpdateParameters{
		Properties: &armkeyvault.SecretProperties{Value: to.Ptr("hidden")}}, nil))(t)
	got := must(secrets.Get(ctx, group, "kv-1", "pfx", nil))(t)
	if got.Properties.Value != nil || *got.Properties.SecretURIWithVersion != *put.Properties.SecretURIWithVersion {
		t.Errorf("the secret is %v", got.Properties)
	}
	if !strings.HasPrefix(*got.Properties.SecretURI, *vault.Properties.VaultURI) {
		t.Errorf("the secret is at %s", *got.Properties.SecretURI)
	}
	address := *got.Properties.SecretURIWithVersion + "?api-version=7.4"
	resp := must(r.sim.Client().Get(strings.Replace(address, "7.4", "2016-10-01", 1)))(t)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized || !strings.Contains(resp.Header.Get("Www-Authenticate"),
		"vault."+azuresim.Suffix) {
		t.Errorf("without a token: %s, %q", resp.Status, resp.Header.Get("Www-Authenticate"))
	}
	req := must(http.NewRequestWithContext(ctx, http.MethodGet, address, nil))(t)
	req.Header.Set("Authorization",
		"Bearer "+must(r.cred.GetToken(ctx, policyOf("https://vault.azure.net/.default")))(t).Token)
	resp = must(r.sim.Client().Do(req))(t)
	text := string(must(io.ReadAll(resp.Body))(t))
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.Contains(text, `"value":"hidden"`) {
		t.Errorf("with a token: %s %s", resp.Status, text)
	}
	must(vaults.Delete(ctx, group, "kv-1", nil))(t)
	if left := r.sim.Resources(); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}

// TestTheOthers makes, reads and deletes what the other tests have in passing only.
func TestTheOthers(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	r.vm("build")
	extensions := r.compute.NewVirtualMachineExtensionsClient()
	done(extensions.BeginCreateOrUpdate(ctx, group, "build", "script",
		armcompute.VirtualMachineExtension{Location: to.Ptr(place),
			Properties: &armcompute.VirtualMachineExtensionProperties{Type: to.Ptr("CustomScript")}}, nil))(t)
	if vm := must(r.compute.NewVirtualMachinesClient().Get(ctx, group, "build", nil))(t); len(vm.Resources) != 1 {
		t.Errorf("the machine shows %d extensions, want 1", len(vm.Resources))
	}
	must(extensions.Get(ctx, group, "build", "script", nil))(t)
	done(extensions.BeginDelete(ctx, group, "build", "script", nil))(t)

	rules := r.network.NewSecurityRulesClient()
	done(rules.BeginCreateOrUpdate(ctx, group, "nsg", "winrm", armnetwork.SecurityRule{
		Properties: &armnetwork.SecurityRulePropertiesFormat{Priority: to.Ptr[int32](200)}}, nil))(t)
	if nsg := must(r.network.NewSecurityGroupsClient().Get(ctx, group, "nsg",
		nil))(t); len(nsg.Properties.SecurityRules) != 2 {
		t.Errorf("the group has %d rules, want 2", len(nsg.Properties.SecurityRules))
	}
	done(rules.BeginDelete(ctx, group, "nsg", "winrm", nil))(t)
	subnets := r.network.NewSubnetsClient()
	_, err := subnets.BeginCreateOrUpdate(ctx, group, "vnet", "far", armnetwork.Subnet{
		Properties: &armnetwork.SubnetPropertiesFormat{AddressPrefix: to.Ptr("192.168.0.0/24")}}, nil)
	refused(t, err, http.StatusBadRequest, "NetcfgSubnetRangeOutsideVnet")
	done(subnets.BeginCreateOrUpdate(ctx, group, "vnet", "near", armnetwork.Subnet{
		Properties: &armnetwork.SubnetPropertiesFormat{AddressPrefix: to.Ptr("10.0.2.0/24")}}, nil))(t)
	done(subnets.BeginDelete(ctx, group, "vnet", "near", nil))(t)

	accounts := must(armstorage.NewAccountsClient(sub, r.cred, r.options))(t)
	containers := must(armstorage.NewBlobContainersClient(sub, r.cred, r.options))(t)
	done(accounts.BeginCreate(ctx, group, "blobs", armstorage.AccountCreateParameters{Location: to.Ptr(place),
		Kind: to.Ptr(armstorage.KindStorageV2), SKU: &armstorage.SKU{Name: to.Ptr(armstorage.SKUNameStandardLRS)}}, nil))(t)
	if account := must(accounts.GetProperties(ctx, group, "blobs",
		nil))(t); *account.Properties.ProvisioningState != "Succeeded" {
		t.Errorf("the account is %s", *account.Properties.ProvisioningState)
	}
	must(containers.Create(ctx, group, "blobs", "vhds", armstorage.BlobContainer{}, nil))(t)
	must(containers.Get(ctx, group, "blobs", "vhds", nil))(t)
	must(containers.Delete(ctx, group, "blobs", "vhds", nil))(t)

	definitions := must(armauthorization.NewRoleDefinitionsClient(r.cred, r.options))(t)
	const role = "66666666-6666-6666-6666-666666666666"
	scope := "subscriptions/" + sub + "/resourceGroups/" + group
	must(definitions.CreateOrUpdate(ctx, scope, role, armauthorization.RoleDefinition{
		Properties: &armauthorization.RoleDefinitionProperties{RoleName: to.Ptr("builder")}}, nil))(t)
	if got := must(definitions.Get(ctx, scope, role, nil))(t); *got.Properties.RoleName != "builder" {
		t.Errorf("the role is %s", *got.Properties.RoleName)
	}
	must(definitions.Delete(ctx, scope, role, nil))(t)

	// What has no client of its own here is read by the one for any resource.
	anything := must(armresources.NewClient(sub, r.cred, r.options))(t)
	id := "/" + scope + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"
	identity := done(anything.BeginCreateOrUpdateByID(ctx, id, "2023-01-31",
		armresources.GenericResource{Location: to.Ptr(place)}, nil))(t)
	if about, _ := identity.Properties.(map[string]any); about["principalId"] == nil || about["clientId"] == nil {
		t.Errorf("the identity is %v", identity.Properties)
	}
	done(anything.BeginDeleteByID(ctx, id, "2023-01-31", nil))(t)
	done(r.groups.BeginDelete(ctx, group, nil))(t)
	if left := r.sim.Resources(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}
