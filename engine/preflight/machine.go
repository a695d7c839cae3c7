package preflight

import (
	"cmp"
	"strings"
)

const profilePath = "properties.vmProfile"

// machineCalls make and remove the build VM. The plugin polls a deletion by reading what is deleted, until it is gone; Azure polls
// what it deploys in the same way.
var machineCalls = []call{
	{"Microsoft.Resources/deployments/validate/action", Plugin, "check the deployment of the build VM"},
	{"Microsoft.Resources/deployments/write", Plugin, "deploy the build VM"},
	{"Microsoft.Resources/deployments/read", Plugin, "wait for the deployment, and for its deletion"},
	{"Microsoft.Resources/deployments/operationStatuses/read", Plugin, "wait for the deployment"},
	{"Microsoft.Resources/deployments/operations/read", Plugin, "list what was deployed, to remove it"},
	{"Microsoft.Resources/deployments/delete", Plugin, "remove the deployment"},
	{"Microsoft.Compute/virtualMachines/write", Deployment, "make the build VM"},
	{"Microsoft.Compute/virtualMachines/read", Deployment, "wait for the build VM"},
	{"Microsoft.Compute/virtualMachines/read", Plugin, "find the build VM's disks, and wait for its deletion"},
	{"Microsoft.Compute/virtualMachines/deallocate/action", Plugin, "stop the build VM"},
	{"Microsoft.Compute/virtualMachines/delete", Plugin, "remove the build VM"},
	{"Microsoft.Compute/disks/write", Link, "make the build VM's disks"},
	{"Microsoft.Compute/disks/read", Plugin, "wait for the deletion of the build VM's disks"},
	{"Microsoft.Compute/disks/delete", Plugin, "remove the build VM's disks"},
	{"Microsoft.Network/networkInterfaces/write", Deployment, "make the build VM's network interface"},
	{"Microsoft.Network/networkInterfaces/read", Deployment, "wait for the network interface"},
	{"Microsoft.Network/networkInterfaces/read", Plugin, "find the build VM's address, and wait for the deletion of the interface"},
	{"Microsoft.Network/networkInterfaces/join/action", Link, "put the network interface on the build VM"},
	{"Microsoft.Network/networkInterfaces/delete", Plugin, "remove the network interface"},
	{"Microsoft.Compute/images/read", Plugin, "see that no image has the name that the plugin asks for"},
}

// machine is the build VM.
func (d *deriver) machine() error {
	d.need(d.group, profilePath, machineCalls...)
	if err := d.identities(); err != nil {
		return err
	}
	size := d.vmSize()
	path := profilePath + ".vmSize"
	in := cmp.Or(d.location, "the region of the staging resource group")
	want := d.sourceWant()
	want.Size = size
	d.fact(path, Fact{Kind: VMSize, Subject: size, Scope: d.home, Want: want,
		Holds: "the subscription may make machines of the size in " + in + ", of the source's generation and security type",
		Why:   "a size is not in every region, and Azure keeps some from some subscriptions",
		Fix:   "list what there is: az vm list-skus --resource-type virtualMachines --size " + size + " --all --output table"})
	d.fact(path, Fact{Kind: Quota, Subject: size, Scope: d.home, Want: Want{Location: d.location, Size: size},
		Holds: "the quotas of cores, of the size's family and of the region " + in + ", have room for one more machine",
		Why:   "Azure refuses a machine beyond a quota, after everything around it was made",
		Fix:   "ask for more (az quota update), remove machines, or choose a size of another family"})
	return nil
}

// What the service takes when no size is asked for.
const (
	vmSizeGen1 = "Standard_D1_v2"
	vmSizeGen2 = "Standard_D2ds_v4"
)

// vmSize is what the Packer template asks for.
func (d *deriver) vmSize() string {
	if size := d.plan.Azure.VMSize; size != "" {
		return size
	}
	if p := d.plan.Source.PlatformImage; p != nil {
		sku := strings.ToLower(p.SKU)
		if strings.Contains(sku, "gen2") || strings.HasSuffix(sku, "-g2") || strings.HasSuffix(sku, "_g2") {
			return vmSizeGen2
		}
	}
	return vmSizeGen1
}

// certificateCalls are about the key vault that a Windows build VM gets its certificate for WinRM from.
var certificateCalls = []call{
	{"Microsoft.KeyVault/vaults/write", Deployment, "make the key vault for the certificate of WinRM"},
	{"Microsoft.KeyVault/vaults/read", Deployment, "wait for the key vault"},
	{"Microsoft.KeyVault/vaults/secrets/write", Deployment, "put the certificate into the key vault"},
	{"Microsoft.KeyVault/vaults/secrets/read", Plugin, "find the address of the certificate"},
	{"Microsoft.KeyVault/vaults/deploy/action", Link, "give the build VM the certificate"},
	{"Microsoft.KeyVault/vaults/delete", Plugin, "remove the key vault"},
}

func (d *deriver) certificate() error {
	if d.windows() {
		d.need(d.group, sourcePath, certificateCalls...)
	}
	return nil
}
