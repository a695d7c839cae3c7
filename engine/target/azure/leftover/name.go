package leftover

import (
	"cmp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"github.com/ingot-build/ingot/engine/store"
)

const (
	deployType   = "microsoft.resources/deployments"
	groupType    = "microsoft.resources/resourcegroups"
	tagsType     = "microsoft.resources/tags"
	vmType       = "microsoft.compute/virtualmachines"
	diskType     = "microsoft.compute/disks"
	snapshotType = "microsoft.compute/snapshots"
	imageType    = "microsoft.compute/images"
	versionType  = "microsoft.compute/galleries/images/versions"
	nicType      = "microsoft.network/networkinterfaces"
	nsgType      = "microsoft.network/networksecuritygroups"
	accountType  = "microsoft.storage/storageaccounts"
)

// typeOf is the type of a resource in lower case.
func typeOf(id *arm.ResourceID) string { return strings.ToLower(id.ResourceType.String()) }

// The order of removal: a machine holds its interface and its disks, an interface the address and the network, a network's subnet the
// security group, and a group everything. Images go first: they are made from snapshots that go. So do deployments: one that is
// under way makes what was not found a moment before.
const (
	first = iota
	machines
	interfaces
	others
	securityGroups
	parts // of what is gone by then, mostly
	groups
	tags
)

func orderOf(id *arm.ResourceID) int {
	switch typ := typeOf(id); {
	case typ == imageType, typ == versionType, typ == deployType:
		return first
	case typ == vmType:
		return machines
	case typ == nicType:
		return interfaces
	case typ == nsgType:
		return securityGroups
	case typ == groupType:
		return groups
	case typ == tagsType:
		return tags
	case len(id.ResourceType.Types) > 1:
		return parts
	}
	return others
}

// Order implements ledger.Remover.
func (c *Cleaner) Order(e store.Entry) int {
	id, err := c.idOf(e.Name)
	if err != nil {
		return others
	}
	return orderOf(id)
}

// kinds are what people call the types.
var kinds = map[string]string{
	groupType: "resource group", vmType: "virtual machine", diskType: "disk", "microsoft.compute/snapshots": "snapshot",
	imageType: "managed image", versionType: "image version", nicType: "network interface", nsgType: "network security group",
	"microsoft.network/publicipaddresses": "public address", "microsoft.network/virtualnetworks": "virtual network",
	"microsoft.network/virtualnetworks/subnets": "subnet", "microsoft.keyvault/vaults": "key vault",
	accountType: "storage account", deployType: "deployment",
}

// name is a resource in a line for people.
func name(id *arm.ResourceID) string {
	switch typeOf(id) {
	case groupType:
		return short(id)
	case tagsType:
		return "tags of resource group " + id.ResourceGroupName
	}
	return short(id) + " in " + id.ResourceGroupName
}

// short is the same without the group.
func short(id *arm.ResourceID) string {
	return cmp.Or(kinds[typeOf(id)], id.ResourceType.String()) + " " + path(id)
}

// list names a few resources.
func list(ids []*arm.ResourceID) string {
	var names []string
	for _, id := range ids[:min(len(ids), 3)] {
		names = append(names, short(id))
	}
	if len(ids) > 3 {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// path is a resource's name, behind those of what it is a part of.
func path(id *arm.ResourceID) string {
	if id.Parent != nil && len(id.ResourceType.Types) > 1 && id.Parent.ResourceType.Namespace == id.ResourceType.Namespace {
		return path(id.Parent) + "/" + id.Name
	}
	return id.Name
}

// groupOf is the resource group that a resource is in, or nil.
func groupOf(id *arm.ResourceID) *arm.ResourceID {
	for at := id; at != nil; at = at.Parent {
		if typeOf(at) == groupType {
			return at
		}
	}
	return nil
}
