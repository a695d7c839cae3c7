package conformance

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

const template = `{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"name": {"type": "string"}, "word": {"type": "securestring"}, "public": {"type": "bool",
	"defaultValue": false}},
  "variables": {"vnet": "[concat(parameters('name'), '-vnet')]"},
  "resources": [
    {"type": "Microsoft.Network/networkInterfaces", "apiVersion": "2024-01-01", "name": "[parameters('name')]",
     "location": "[resourceGroup().location]",
     "dependsOn": ["[resourceId('Microsoft.Network/virtualNetworks', variables('vnet'))]"],
     "properties": {"ipConfigurations": [{"name": "c", "properties": {
       "subnet": {"id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', variables('vnet'), 'build')]"}}}]}},
    {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-01-01", "name": "[variables('vnet')]",
     "location": "[resourceGroup().location]",
     "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
       "subnets": [{"name": "build", "properties": {"addressPrefix": "10.0.0.0/24"}}]}},
    {"type": "Microsoft.Network/publicIPAddresses", "apiVersion": "2024-01-01", "name": "ip",
     "condition": "[parameters('public')]", "location": "[resourceGroup().location]"}
  ],
  "outputs": {"vnet": {"type": "string", "value": "[variables('vnet')]"}}
}`

func deployment(t *testing.T, text string, parameters any) armresources.Deployment {
	t.Helper()
	var parsed any
	if err := json.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatal(err)
	}
	return armresources.Deployment{Properties: &armresources.DeploymentProperties{
		Mode: to.Ptr(armresources.DeploymentModeIncremental), Template: parsed, Parameters: parameters}}
}

// TestDeployment deploys a template whose resources are not in the order that they need.
func TestDeployment(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	deployments := must(armresources.NewDeploymentsClient(sub, r.cred, r.options))(t)
	operations := must(armresources.NewDeploymentOperationsClient(sub, r.cred, r.options))(t)
	given := map[string]any{"name": map[string]any{"value": "web"}, "word": map[string]any{"value": "hidden"}}

	valid := done(deployments.BeginValidate(ctx, group, "d", deployment(t, template, given), nil))(t)
	if valid.Error != nil {
		t.Errorf("validation: %v", *valid.Error.Message)
	}
	got := done(deployments.BeginCreateOrUpdate(ctx, group, "d", deployment(t, template, given), nil))(t)
	text := must(json.Marshal(got.Properties))(t)
	if strings.Contains(string(text), "hidden") || !strings.Contains(string(text), `"value":"web-vnet"`) {
		t.Errorf("the deployment shows %s", text)
	}
	var kinds []string
	for _, op := range all(t, operations.NewListPager(group, "d", nil),
		func(p armresources.DeploymentOperationsClientListResponse) []*armresources.DeploymentOperation {
			return p.Value
		}) {
		if target := op.Properties.TargetResource; target != nil {
			kinds = append(kinds, *target.ResourceType+" "+*op.Properties.ProvisioningState)
		}
	}
	want := "Microsoft.Network/networkInterfaces Succeeded, Microsoft.Network/virtualNetworks Succeeded"
	if strings.Join(kinds, ", ") != want {
		t.Errorf("operations: %q", kinds)
	}
	done(deployments.BeginDelete(ctx, group, "d", nil))(t)
	if len(r.sim.Resources()) != 4 {
		t.Errorf("deleting a deployment deletes what it made: %q", r.sim.Resources())
	}
	list := must(armresources.NewClient(sub, r.cred, r.options))(t)
	resources := all(t, list.NewListByResourceGroupPager(group, nil),
		func(p armresources.ClientListByResourceGroupResponse) []*armresources.GenericResourceExpanded {
			return p.Value
		})
	if len(resources) != 2 {
		t.Errorf("the group lists %d resources, want 2: subnets are children", len(resources))
	}
}

// TestDeploymentThatFails has one error in the envelope and the cause in its details.
func TestDeploymentThatFails(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{}, Policies: []azuresim.Policy{
		{Name: "no-interfaces", Type: "Microsoft.Network/networkInterfaces"}}})
	ctx := t.Context()
	deployments := must(armresources.NewDeploymentsClient(sub, r.cred, r.options))(t)
	given := map[string]any{"name": map[string]any{"value": "web"}, "word": map[string]any{"value": "hidden"}}
	_, err := deployments.BeginValidate(ctx, group, "d", deployment(t, template, given), nil)
	refused(t, err, http.StatusBadRequest, "InvalidTemplateDeployment")
	poller := must(deployments.BeginCreateOrUpdate(ctx, group, "d", deployment(t, template, given), nil))(t)
	if _, err = poller.PollUntilDone(ctx, nil); err == nil || !strings.Contains(err.Error(), "RequestDisallowedByPolicy") {
		t.Errorf("got %v", err)
	}
	_, err = deployments.BeginCreateOrUpdate(ctx, group, "d", deployment(t, template, nil), nil)
	refused(t, err, http.StatusBadRequest, "InvalidTemplate")
	if err == nil || errors.Is(err, ctx.Err()) {
		t.Error("a parameter without a value is taken")
	}
}
