package conformance

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// rig is an emulator with a resource group, and the factories of clients for it.
type rig struct {
	*testing.T
	sim     *azuresim.Sim
	cred    azcore.TokenCredential
	options *arm.ClientOptions
	groups  *armresources.ResourceGroupsClient
	compute *armcompute.ClientFactory
	network *armnetwork.ClientFactory
}

func newRig(t *testing.T, o azuresim.Options) *rig {
	t.Helper()
	r := &rig{T: t}
	r.sim, r.cred, r.options = start(t, o)
	r.groups = must(armresources.NewResourceGroupsClient(sub, r.cred, r.options))(t)
	r.compute = must(armcompute.NewClientFactory(sub, r.cred, r.options))(t)
	r.network = must(armnetwork.NewClientFactory(sub, r.cred, r.options))(t)
	must(r.groups.CreateOrUpdate(t.Context(), group, armresources.ResourceGroup{Location: to.Ptr("West Europe")}, nil))(t)
	return r
}

// nic makes an interface with a network and a public address, and gives its id.
func (r *rig) nic() string {
	r.Helper()
	ctx := r.Context()
	nsg := done(r.network.NewSecurityGroupsClient().BeginCreateOrUpdate(ctx, group, "nsg", armnetwork.SecurityGroup{
		Location: to.Ptr(place),
		Properties: &armnetwork.SecurityGroupPropertiesFormat{SecurityRules: []*armnetwork.SecurityRule{{
			Name: to.Ptr("ssh"), Properties: &armnetwork.SecurityRulePropertiesFormat{Priority: to.Ptr[int32](100)},
		}}},
	}, nil))(r.T)
	done(r.network.NewVirtualNetworksClient().BeginCreateOrUpdate(ctx, group, "vnet", armnetwork.VirtualNetwork{
		Location: to.Ptr(place),
		Properties: &armnetwork.VirtualNetworkPropertiesFormat{
			AddressSpace: &armnetwork.AddressSpace{AddressPrefixes: []*string{to.Ptr("10.0.0.0/16")}},
			Subnets: []*armnetwork.Subnet{{Name: to.Ptr("build"), Properties: &armnetwork.SubnetPropertiesFormat{
				AddressPrefix: to.Ptr("10.0.1.0/24"), NetworkSecurityGroup: &armnetwork.SecurityGroup{ID: nsg.ID}}}},
		},
	}, nil))(r.T)
	subnet := must(r.network.NewSubnetsClient().Get(ctx, group, "vnet", "build", nil))(r.T)
	ip := done(r.network.NewPublicIPAddressesClient().BeginCreateOrUpdate(ctx, group, "ip", armnetwork.PublicIPAddress{
		Location: to.Ptr(place), SKU: &armnetwork.PublicIPAddressSKU{Name: to.Ptr(armnetwork.PublicIPAddressSKUNameStandard)},
		Properties: &armnetwork.PublicIPAddressPropertiesFormat{
			PublicIPAllocationMethod: to.Ptr(armnetwork.IPAllocationMethodStatic)},
	}, nil))(r.T)
	nic := done(r.network.NewInterfacesClient().BeginCreateOrUpdate(ctx, group, "nic", armnetwork.Interface{
		Location: to.Ptr(place),
		Properties: &armnetwork.InterfacePropertiesFormat{IPConfigurations: []*armnetwork.InterfaceIPConfiguration{{
			Name: to.Ptr("ipconfig"), Properties: &armnetwork.InterfaceIPConfigurationPropertiesFormat{
				Subnet: &armnetwork.Subnet{ID: subnet.ID}, PublicIPAddress: &armnetwork.PublicIPAddress{ID: ip.ID}},
		}}},
	}, nil))(r.T)
	return *nic.ID
}

// vm makes a machine from a marketplace image, and gives its id.
func (r *rig) vm(name string) string {
	r.Helper()
	vm := done(r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(r.Context(), group, name,
		machine(r.nic(), name), nil))(r.T)
	return *vm.ID
}

func machine(nic, name string) armcompute.VirtualMachine {
	return armcompute.VirtualMachine{
		Location: to.Ptr(place),
		Properties: &armcompute.VirtualMachineProperties{
			HardwareProfile: &armcompute.HardwareProfile{VMSize: to.Ptr(armcompute.VirtualMachineSizeTypes("Standard_D2s_v5"))},
			StorageProfile: &armcompute.StorageProfile{
				ImageReference: &armcompute.ImageReference{Publisher: to.Ptr("Canonical"), Offer: to.Ptr("ubuntu-24_04-lts"),
					SKU: to.Ptr("server"), Version: to.Ptr("latest")},
				OSDisk: &armcompute.OSDisk{Name: to.Ptr(name + "-os"),
					CreateOption: to.Ptr(armcompute.DiskCreateOptionTypesFromImage)},
				DataDisks: []*armcompute.DataDisk{{Lun: to.Ptr[int32](0), DiskSizeGB: to.Ptr[int32](4),
					CreateOption: to.Ptr(armcompute.DiskCreateOptionTypesEmpty)}},
			},
			OSProfile: &armcompute.OSProfile{ComputerName: to.Ptr(name), AdminUsername: to.Ptr("packer"),
				AdminPassword: to.Ptr("hidden")},
			NetworkProfile: &armcompute.NetworkProfile{NetworkInterfaces: []*armcompute.NetworkInterfaceReference{{ID: to.Ptr(nic)}}},
		},
	}
}
