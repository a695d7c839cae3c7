package conformance

import (
	"errors"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// refused checks that an error is Azure's, with this status and code.
func refused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var e *azcore.ResponseError
	if !errors.As(err, &e) || e.StatusCode != status || e.ErrorCode != code {
		t.Errorf("got %v, want %d %s", err, status, code)
	}
}

// TestNetwork makes, reads, lists and deletes the resources of a network, in the order that they hold one another.
func TestNetwork(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	r.nic()
	vnets, nics := r.network.NewVirtualNetworksClient(), r.network.NewInterfacesClient()
	ips, nsgs := r.network.NewPublicIPAddressesClient(), r.network.NewSecurityGroupsClient()

	vnet := must(vnets.Get(ctx, group, "vnet", nil))(t)
	if n := len(vnet.Properties.Subnets); n != 1 || *vnet.Properties.Subnets[0].Name != "build" {
		t.Errorf("the network has %d subnets, want build alone", n)
	}
	nic := must(nics.Get(ctx, group, "nic", nil))(t)
	if got := *nic.Properties.IPConfigurations[0].Properties.PrivateIPAddress; got != "10.0.1.4" {
		t.Errorf("the first private address is %s, want 10.0.1.4: Azure keeps four", got)
	}
	nsg := must(nsgs.Get(ctx, group, "nsg", nil))(t)
	if len(nsg.Properties.SecurityRules) != 1 {
		t.Errorf("got %d rules, want 1", len(nsg.Properties.SecurityRules))
	}
	subnets := all(t, r.network.NewSubnetsClient().NewListPager(group, "vnet", nil),
		func(p armnetwork.SubnetsClientListResponse) []*armnetwork.Subnet { return p.Value })
	if len(subnets) != 1 {
		t.Errorf("got %d subnets, want 1", len(subnets))
	}

	_, err := ips.BeginDelete(ctx, group, "ip", nil)
	refused(t, err, http.StatusBadRequest, "PublicIPAddressCannotBeDeleted")
	_, err = vnets.BeginDelete(ctx, group, "vnet", nil)
	refused(t, err, http.StatusBadRequest, "InUseSubnetCannotBeDeleted")
	_, err = nsgs.BeginDelete(ctx, group, "nsg", nil)
	refused(t, err, http.StatusBadRequest, "InUseNetworkSecurityGroupCannotBeDeleted")

	done(nics.BeginDelete(ctx, group, "nic", nil))(t)
	done(ips.BeginDelete(ctx, group, "ip", nil))(t)
	done(vnets.BeginDelete(ctx, group, "vnet", nil))(t)
	done(nsgs.BeginDelete(ctx, group, "nsg", nil))(t)
	_, err = nics.Get(ctx, group, "nic", nil)
	refused(t, err, http.StatusNotFound, "ResourceNotFound")
	if left := r.sim.Resources(); len(left) != 1 {
		t.Errorf("left: %q, want the group alone", left)
	}
	if _, err := nics.BeginDelete(ctx, group, "nic", nil); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
}
