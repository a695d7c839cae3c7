package azuresim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// documents are a resource of each kind, with a name of its own.
var documents = []string{
	"Microsoft.Resources/deployments/d", "Microsoft.Network/virtualNetworks/w", "Microsoft.Network/virtualNetworks/v/subnets/t",
	"Microsoft.Network/networkSecurityGroups/g", "Microsoft.Network/publicIPAddresses/i", "Microsoft.Network/networkInterfaces/m",
	"Microsoft.Compute/virtualMachines/vm", "Microsoft.Compute/virtualMachines/vm/extensions/e", "Microsoft.Compute/disks/d",
	"Microsoft.Compute/snapshots/s", "Microsoft.Compute/images/i", "Microsoft.Compute/galleries/g",
	"Microsoft.Compute/galleries/g/images/i", "Microsoft.Compute/galleries/g/images/i/versions/1.0.0", "Microsoft.KeyVault/vaults/kv-1",
	"Microsoft.KeyVault/vaults/kv-1/secrets/s", "Microsoft.Storage/storageAccounts/acc",
	"Microsoft.ManagedIdentity/userAssignedIdentities/u", "Microsoft.Authorization/roleAssignments/r",
}

// FuzzDocuments stores any document as any kind, and reads, patches and deletes it: there is an answer to each.
func FuzzDocuments(f *testing.F) {
	const g = subscription + "/resourceGroups/g"
	for _, body := range []string{
		`{"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "s"}]}}`,
		`{"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": [1]}, "subnets": [null, 3], "securityRules": {}}}`,
		`{"location": "westeurope", "identity": {"type": "SystemAssigned", "userAssignedIdentities": 3}, "tags": [], "sku": "x"}`,
		`{"location": "westeurope", "properties": {"networkProfile": {"networkInterfaces": [{"id": "` + g +
			`/providers/Microsoft.Network/networkInterfaces/n"}]}, "hardwareProfile": {"vmSize": "Standard_B2s"}, "osProfile": 1,
			"storageProfile": {"osDisk": [], "dataDisks": [3, {"name": "x"}], "imageReference": {"publisher": "Debian",
			"offer": "debian-12", "sku": "12", "version": "latest"}}}}`,
		`{"location": "westeurope", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": -1e300}}`,
		`{"location": "westeurope", "properties": {"storageProfile": {"osDisk": {"osType": "Linux", "osState": "x", "blobUri": "y"}}}}`,
		`{"location": "westeurope", "properties": {"osType": "Linux", "osState": "x", "hyperVGeneration": 3, "identifier": "p"}}`,
		`{"location": "westeurope", "properties": {"publishingProfile": {"targetRegions": ["westeurope", {"name": 4}]}}}`,
		`{"location": "westeurope", "properties": {"tenantId": "t", "accessPolicies": {}, "enableSoftDelete": "maybe"}}`,
		`{"properties": {"mode": "Incremental", "template": {"resources": [{"type": "Microsoft.Compute/disks/", "name": "d",
			"apiVersion": "2024-03-02", "location": "westeurope", "properties": 1}]}, "parameters": {"a": 1}}}`,
		`{"properties": {"value": "x", "principalId": "p", "roleDefinitionId": "r"}}`, `{"": {"": null}}`,
	} {
		f.Add(body)
	}
	sim, err := azuresim.Start(azuresim.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = sim.Close() })
	f.Fuzz(func(t *testing.T, body string) {
		arm := newARM(t, sim)
		arm.put(g, "2024-03-01", `{"location": "westeurope"}`)
		network := g + "/providers/Microsoft.Network/"
		arm.put(network+"virtualNetworks/v", "2024-01-01", `{"location": "westeurope", "properties": {"addressSpace":
			{"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}]}}`)
		arm.put(network+"networkInterfaces/n", "2024-01-01", strings.ReplaceAll(`{"location": "westeurope", "properties":
			{"ipConfigurations": [{"name": "c",
				"properties": {"subnet": {"id": "V/subnets/s"}}}]}}`, "V", network+"virtualNetworks/v"))
		for _, d := range documents {
			path := g + "/providers/" + d
			for _, method := range []string{http.MethodPut, http.MethodGet, http.MethodPatch, http.MethodPut} {
				if status, answer, _ := arm.do(method, path, "2023-07-03", body); status >= 500 {
					t.Errorf("%s %s: %d %v", method, d, status, answer)
				}
			}
		}
		arm.do(http.MethodGet, g+"/resources", "2024-03-01", "")
		arm.do(http.MethodPost, g+"/providers/Microsoft.Compute/virtualMachines/vm/deallocate", "2024-07-01", body)
		arm.do(http.MethodDelete, g, "2024-03-01", "")
		arm.wait(g, "2024-03-01")
		if left := sim.Resources(); len(left) != 0 {
			t.Errorf("left in a group that is gone: %q", left)
		}
	})
}
