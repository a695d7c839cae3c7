package lower

import (
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

// lowerAzure takes what only a build VM in Azure can follow. What of it is not known is left out: see known.go.
func lowerAzure(l *lowering) {
	t := l.t
	l.p.Azure = plan.Azure{
		Location:             region(t.Location.Value),
		VMSize:               t.VMProfile.VMSize.Value,
		VMIdentities:         resourceIDs(t.VMProfile.UserAssignedIdentity.Value),
		Network:              network(t.VMProfile.VNetConfig),
		StagingResourceGroup: resourceID(t.StagingResourceGroup.Value),
		ResourceTags:         tags(t.ManagedResourceTags.Value),
	}
	if is := t.Identity.Type; is.IsKnown() && is.Value != "None" {
		l.p.Azure.Identities = resourceIDs(t.Identity.UserAssigned.Value)
	}
}

// resourceIDs gives the ids that are known; nil when there are none.
func resourceIDs(list []template.String) []string {
	var ids []string
	for _, id := range list {
		if id.IsKnown() {
			ids = append(ids, resourceID(id.Value))
		}
	}
	return ids
}

// network is nothing when part of what it needs is not known, rather than some other network.
func network(v template.VNetConfig) plan.Network {
	for _, s := range []template.String{v.SubnetID, v.Name, v.SubnetName, v.ResourceGroupName} {
		if !s.IsKnown() {
			return plan.Network{}
		}
	}
	return plan.Network{
		SubnetID:                  resourceID(v.SubnetID.Value),
		ContainerInstanceSubnetID: resourceID(v.ContainerInstanceSubnetID.Value),
		ProxyVMSize:               v.ProxyVMSize.Value,
		VirtualNetwork:            v.Name.Value,
		Subnet:                    v.SubnetName.Value,
		ResourceGroup:             v.ResourceGroupName.Value,
	}
}
