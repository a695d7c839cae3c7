package emit

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/emit/configspec"
)

const vnetPath = "properties.vmProfile.vnetConfig"

// network puts the build VM into an existing subnet. Without one the builder makes a network with a public address.
func (a *azure) network(f fields) {
	n := a.plan.Azure.Network
	for _, s := range []struct{ property, value, what string }{
		{"containerInstanceSubnetId", n.ContainerInstanceSubnetID, "no container is put into the subnet"},
		{"proxyVmSize", n.ProxyVMSize, "no proxy VM is made"},
	} {
		if s.value != "" {
			a.lose(Loss{Path: vnetPath + "." + s.property, What: s.what,
				Why: "Packer runs where it is started, and connects to the build VM itself"})
		}
	}
	name, subnet, group := n.VirtualNetwork, n.Subnet, n.ResourceGroup
	if n.SubnetID != "" {
		id := parseID(n.SubnetID)
		name, subnet, group = id.part("virtualNetworks"), id.part("subnets"), id.group()
		if !strings.EqualFold(id.subscription(), a.home) {
			a.lose(Loss{Path: vnetPath + ".subnetId", What: fmt.Sprintf("the build VM is not put into the subnet %q", n.SubnetID),
				Why: "the builder looks for networks only in the subscription that it builds in, " + a.home,
				Fix: "join a subnet of that subscription"})
			return
		}
	}
	if name == "" {
		a.publicAddress(f)
		return
	}
	f.section(vnetPath)
	f.block.text("virtual_network_name", name)
	f.optional("virtual_network_subnet_name", subnet)
	f.optional("virtual_network_resource_group_name", group)
}

// publicAddress sees to it that the build VM's address is of the Standard kind, which releases from 2.2 on take by themselves.
func (a *azure) publicAddress(f fields) {
	switch {
	case !a.olderThan(2, 2, 0):
	case a.fields.Attribute("public_ip_sku") != "":
		f.section("an address of the kind that Azure still has")
		f.str("public_ip_sku", "Standard")
	default:
		since, _ := configspec.Since("public_ip_sku")
		a.lose(Loss{Path: vnetPath, What: "the build VM gets no public address", Fix: "--plugin-version " + since.String(),
			Why: fmt.Sprintf("the azure plugin %s asks for one of the Basic kind, which Azure no longer has", a.wanted.Lowest)})
	}
}

// joins reports whether the build VM is in an existing network, where it has no public address.
func (a *azure) joins() bool {
	n := a.plan.Azure.Network
	if n.SubnetID != "" {
		return strings.EqualFold(parseID(n.SubnetID).subscription(), a.home)
	}
	return n.VirtualNetwork != ""
}
