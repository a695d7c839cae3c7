package preflight

import "fmt"

const networkPath = profilePath + ".vnetConfig"

var (
	// ownNetworkCalls make the network with a public address of a build that joins none.
	ownNetworkCalls = []call{
		{"Microsoft.Network/virtualNetworks/write", Deployment, "make a network for the build VM"},
		{"Microsoft.Network/virtualNetworks/read", Deployment, "wait for the network"},
		{"Microsoft.Network/virtualNetworks/read", Plugin, "wait for the deletion of the network"},
		{"Microsoft.Network/virtualNetworks/subnets/join/action", Link, "put the network interface on the network"},
		{"Microsoft.Network/virtualNetworks/delete", Plugin, "remove the network"},
		{"Microsoft.Network/networkSecurityGroups/write", Deployment, "let the builder in"},
		{"Microsoft.Network/networkSecurityGroups/read", Deployment, "wait for the network security group"},
		{"Microsoft.Network/networkSecurityGroups/read", Plugin, "wait for the deletion of the network security group"},
		{"Microsoft.Network/networkSecurityGroups/join/action", Link, "put the network security group on the network"},
		{"Microsoft.Network/networkSecurityGroups/delete", Plugin, "remove the network security group"},
		{"Microsoft.Network/publicIPAddresses/write", Deployment, "make a public address for the build VM"},
		{"Microsoft.Network/publicIPAddresses/read", Deployment, "wait for the public address"},
		{"Microsoft.Network/publicIPAddresses/read", Plugin, "find the build VM's address, and wait for its deletion"},
		{"Microsoft.Network/publicIPAddresses/join/action", Link, "put the public address on the network interface"},
		{"Microsoft.Network/publicIPAddresses/delete", Plugin, "remove the public address"},
	}
	subnetCalls = []call{
		{"Microsoft.Network/virtualNetworks/subnets/join/action", Link, "put the build VM on the subnet"},
	}
	findNetworkCalls = []call{
		{"Microsoft.Network/virtualNetworks/read", Plugin, "find the resource group of the network"},
	}
	findSubnetCalls = []call{
		{"Microsoft.Network/virtualNetworks/subnets/read", Plugin, "find the only subnet of the network"},
	}
)

// network is where the build VM is reached. Ingot connects to a machine on a given subnet by its private address: there is no
// proxy VM, no private link service and no container as in the service, so that nothing is needed for them.
func (d *deriver) network() error {
	n := d.plan.Azure.Network
	switch {
	case n.SubnetID != "":
		path := networkPath + ".subnetId"
		r, err := parse(path, n.SubnetID, subnetType)
		if err != nil {
			return err
		}
		d.joins(r.String(), path)
	case n.VirtualNetwork != "":
		d.namedNetwork()
	default:
		d.need(d.group, networkPath, ownNetworkCalls...)
		d.fact(networkPath, Fact{Kind: Quota, Subject: "public IP addresses", Scope: d.home, Want: Want{Location: d.location},
			Holds: "the quota of public addresses" + d.inRegion() + " has room for one more",
			Why:   "without a subnet the build VM gets an address of its own, which Ingot connects to",
			Fix:   "ask for more, or name a subnet that this machine reaches"})
	}
	return nil
}

// namedNetwork is the form of the oldest api-versions: names in the subscription of the image template. As far as they are not
// given, only asking tells where the subnet is, and a permission is needed wherever it may be.
func (d *deriver) namedNetwork() {
	n, path := d.plan.Azure.Network, networkPath+".name"
	if n.ResourceGroup == "" {
		d.need(d.home, path, findNetworkCalls...)
		d.joins(d.home, path)
		return
	}
	vnet := d.home + "/resourceGroups/" + n.ResourceGroup + "/providers/Microsoft.Network/virtualNetworks/" + n.VirtualNetwork
	if n.Subnet == "" {
		d.need(vnet, path, findSubnetCalls...)
		d.joins(vnet, path)
		return
	}
	d.joins(vnet+"/subnets/"+n.Subnet, networkPath+".subnetName")
}

func (d *deriver) joins(scope, path string) {
	d.need(scope, path, subnetCalls...)
	d.fact(path, Fact{Kind: Subnet, Subject: scope, Scope: scope, Want: Want{Location: d.location},
		Holds: fmt.Sprintf("the subnet exists%s, and is delegated to no service", d.inRegion()),
		Why:   "the build VM's network interface is on it, and a machine cannot be on a subnet that is a service's own",
		Fix:   "name a subnet of the build's region that machines may be on; this machine must reach it"})
}
