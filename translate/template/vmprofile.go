package template

import "github.com/ingot-build/ingot/translate/armjson"

func (d *decoder) vmProfile(into *VMProfile) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, "vmProfile", []property{
			{name: "vmSize", read: d.str(&into.VMSize)},
			// The service took the next two under 2019-05-01-preview already, though that shape does not list them.
			{name: "osDiskSizeGB", read: d.integer(&into.OSDiskSizeGB)},
			{name: "vnetConfig", read: func(n *armjson.Node, path string) {
				into.VNetConfig = Property{Path: path, Written: written(n)}
				d.object(n, path, "vnetConfig", vnetConfig)
			}},
			{name: "userAssignedIdentities", since: v20211001, read: d.strings(&into.UserAssignedIdentity)},
		})
	}
}

// vnetConfig is only checked for its names: no virtual network exists on this machine.
var vnetConfig = []property{
	{name: "subnetId", since: v20200214, read: ignored},
	{name: "proxyVmSize", since: v20211001, read: ignored},
	{name: "containerInstanceSubnetId", since: v20240201, read: ignored},
	{name: "name", until: v20190501, instead: "subnetId", read: ignored},
	{name: "subnetName", until: v20190501, instead: "subnetId", read: ignored},
	{name: "resourceGroupName", until: v20190501, instead: "subnetId", read: ignored},
}
