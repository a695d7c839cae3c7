package azure

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/translate/plan"
)

// The ports of Azure's guests.
const (
	sshPort   = 22
	winrmPort = 5986
)

// network makes the interface of a build VM, and what it needs. In a subnet of somebody else it has a private address alone; else there
// are a network and a public address, which only lets in who logs in.
func (m *restoring) network(ctx context.Context) (nic string, err error) {
	subnet, err := m.subnet()
	if err != nil {
		return "", err
	}
	way := map[string]any{"privateIPAllocationMethod": "Dynamic"}
	if subnet == "" {
		address := ""
		all, gctx := errgroup.WithContext(ctx)
		all.Go(func() (err error) {
			address, err = m.put(gctx, "publicIPAddresses", "ip", &armresources.SKU{Name: to.Ptr("Standard")},
				map[string]any{"publicIPAllocationMethod": "Static"})
			return err
		})
		all.Go(func() (err error) {
			subnet, err = m.ownNetwork(gctx)
			return err
		})
		if err := all.Wait(); err != nil {
			return "", err
		}
		way["publicIPAddress"] = map[string]any{"id": address}
	}
	way["subnet"] = map[string]any{"id": subnet}
	return m.put(ctx, "networkInterfaces", "nic", nil, map[string]any{
		"ipConfigurations": []any{map[string]any{"name": "build", "properties": way}},
	})
}

// subnet is the one that the image template names; "" where it names none.
func (m *restoring) subnet() (string, error) {
	n := m.request.Plan.Azure.Network
	if n.SubnetID != "" || n.VirtualNetwork == "" {
		return n.SubnetID, nil
	}
	if n.ResourceGroup == "" || n.Subnet == "" {
		return "", fmt.Errorf("the image template names the network %s without its resource group and its subnet: a build VM that is made "+
			"of a checkpoint needs both; name the subnet by subnetId", n.VirtualNetwork)
	}
	return m.inGroup(n.ResourceGroup, "Microsoft.Network/virtualNetworks/"+n.VirtualNetwork) + "/subnets/" + n.Subnet, nil
}

// ownNetwork makes a network whose subnet lets nobody in but to the port that the build VM is reached at.
func (m *restoring) ownNetwork(ctx context.Context) (subnet string, err error) {
	port := cmp.Or(m.SSHPort, sshPort)
	if m.request.Plan.OS == plan.Windows {
		port = cmp.Or(m.WinRMPort, winrmPort)
	}
	rules, err := m.put(ctx, "networkSecurityGroups", "nsg", nil, map[string]any{"securityRules": []any{map[string]any{
		"name": "builder", "properties": map[string]any{
			"priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourceAddressPrefix": "*", "sourcePortRange": "*",
			"destinationAddressPrefix": "*", "destinationPortRange": strconv.Itoa(port),
		},
	}}})
	if err != nil {
		return "", err
	}
	net, err := m.put(ctx, "virtualNetworks", "vnet", nil, map[string]any{
		"addressSpace": map[string]any{"addressPrefixes": []any{"10.0.0.0/16"}},
		"subnets": []any{map[string]any{"name": "build", "properties": map[string]any{
			"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": map[string]any{"id": rules},
		}}},
	})
	return net + "/subnets/build", err
}

// put makes a resource of a network, which stands in the ledger before.
func (m *restoring) put(ctx context.Context, typ, what string, sku *armresources.SKU, properties map[string]any) (string, error) {
	client, err := armresources.NewClient(m.Account.Subscription, m.Account.Credential, m.Account.Options())
	if err != nil {
		return "", err
	}
	id := m.inGroup(m.group, "Microsoft.Network/"+typ+"/"+m.name+"-"+what)
	if err := m.record(ctx, id); err != nil {
		return "", err
	}
	made, err := client.BeginCreateOrUpdateByID(ctx, id, networkVersion, armresources.GenericResource{
		Location: to.Ptr(m.from.Location), Tags: pointersTo(m.Tags()), SKU: sku, Properties: properties,
	}, nil)
	if err == nil {
		_, err = made.PollUntilDone(ctx, m.often())
	}
	if err != nil {
		return "", fmt.Errorf("make %s-%s of the build VM's network: %w", m.name, what, err)
	}
	return id, nil
}
