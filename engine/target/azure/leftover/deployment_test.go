package leftover

import (
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
)

// deploying is a run that was killed when Azure began to deploy a network into a group that was there before. It gives the deployment.
func (r *rig) deploying() (run, deployment string) {
	r.Helper()
	run = r.dead()
	group := groupID("own")
	r.record(run, staging.TagsID(group))
	r.group("own", with(r.mark(run), map[string]string{"usedBy": "Ingot", "ingot-added": "usedBy"}))
	network := group + "/providers/Microsoft.Network/"
	deployment = group + "/providers/Microsoft.Resources/deployments/pkrdp"
	for _, id := range []string{deployment, network + "networkSecurityGroups/nsg", network + "virtualNetworks/net"} {
		r.record(run, id)
	}
	resource := func(typ, name string, properties m, after ...string) m {
		return m{"type": "Microsoft.Network/" + typ, "apiVersion": "2024-01-01", "name": name, "location": "westeurope",
			"tags": r.mark(run), "properties": properties, "dependsOn": after}
	}
	nsg := "[resourceId('Microsoft.Network/networkSecurityGroups', 'nsg')]"
	_, err := r.client.BeginCreateOrUpdateByID(r.Context(), deployment, groupsVersion, armresources.GenericResource{Properties: m{
		"mode": "Incremental", "template": m{
			"$schema": "http://schema.management.azure.com/schemas/2014-04-01-preview/deploymentTemplate.json", "contentVersion": "1.0.0.0",
			"resources": []m{
				resource("networkSecurityGroups", "nsg", m{}),
				resource("virtualNetworks", "net", m{"addressSpace": m{"addressPrefixes": []string{"10.0.0.0/16"}}, "subnets": []m{{
					"name": "build", "properties": m{"addressPrefix": "10.0.1.0/24", "networkSecurityGroup": m{"id": nsg}}}}}, nsg),
			},
		},
	}}, nil)
	if err != nil {
		r.Fatal(err)
	}
	return run, deployment
}

// TestDeploymentUnderWay has a network that is not there yet when the clean-up looks for it, and is made then.
func TestDeploymentUnderWay(t *testing.T) {
	const pace = 150 * time.Millisecond
	r := newRig(t, azuresim.Options{Pace: pace})
	r.others()
	r.cleaner = r.cleaner.Paced(10*time.Millisecond, 10*time.Second)
	run, _ := r.deploying()
	list, err := r.list()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told(list), "virtual network net in own: gone") {
		t.Skip("the deployment was faster than the look at it, so there is nothing to see")
	}
	if _, err := r.clean(); err != nil {
		t.Error(err)
	}
	time.Sleep(3 * pace) // what a deployment that was not waited for would need
	r.untouched()
	if left := strings.Join(r.left(), " "); left != "own" {
		t.Errorf("left: %s", left)
	}
	if left := r.entries(run); left != nil {
		t.Errorf("the ledger has %v", left)
	}
}

// TestDeploymentWithoutEnd has one that is not waited for without end, and says so.
func TestDeploymentWithoutEnd(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.others()
	r.sim.SetFaults(&azuresim.Fault{Method: "PUT", Path: "*/deployments/*", Stuck: true})
	run, deployment := r.deploying()
	if _, err := r.clean(); err == nil || !strings.Contains(err.Error(), "still after 150ms, and makes resources; cancel it") {
		t.Errorf("got %v", err)
	}
	r.untouched()
	left := r.entries(run)
	if len(left) != 2 || !strings.HasSuffix(deployment, left[1]) {
		t.Errorf("the ledger has %v", left)
	}
	list, err := r.list()
	if err != nil || !strings.Contains(told(list), "deployment pkrdp in own: delete [") { // the group's tags show whose it is
		t.Errorf("a later look gives %s, %v", told(list), err)
	}
}
