package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// aciSubnetAlone is about a build in two subnets of which only the second is given.
func aciSubnetAlone(t *template.ImageTemplate, r *report) {
	v := t.VMProfile.VNetConfig
	container, ok := v.ContainerInstanceSubnetID.Get()
	build, known := v.SubnetID.Get()
	if ok && container != "" && (v.SubnetID.IsAbsent() || known && build == "") {
		r.add(finding{at: v.ContainerInstanceSubnetID.Range, path: "properties.vmProfile.vnetConfig.containerInstanceSubnetId",
			summary: "a subnet is given for the container, and none for the build VM",
			why:     "the container reaches the build VM through the network that both are in",
			fix:     `add "subnetId": another subnet of the same virtual network`})
	}
}

// aciSubnetPlace wants two subnets of one virtual network.
func aciSubnetPlace(t *template.ImageTemplate, r *report) {
	v := t.VMProfile.VNetConfig
	container, ok := v.ContainerInstanceSubnetID.Get()
	build, known := v.SubnetID.Get()
	if !ok || !known || !subnetID.MatchString(container) || !subnetID.MatchString(build) ||
		template.Placeholder(container+build) != "" {
		return
	}
	f := finding{at: v.ContainerInstanceSubnetID.Range, path: "properties.vmProfile.vnetConfig.containerInstanceSubnetId",
		related: v.SubnetID.Range, relatedMessage: "the subnet of the build VM is here"}
	network := func(id string) string { return id[:strings.LastIndex(strings.ToLower(id), "/subnets/")] }
	switch {
	case sameID(container, build):
		f.summary = "the container and the build VM are in the same subnet"
		f.why = "that of the container is delegated to Microsoft.ContainerInstance/containerGroups, and takes no VM"
		f.fix = "give the container a subnet of its own in the same virtual network"
	case !sameID(network(container), network(build)):
		f.summary = "the container and the build VM are in different virtual networks"
		f.fix = "choose two subnets of one virtual network"
	default:
		return
	}
	r.add(f)
}

// aciProxy is about a proxy VM that there is no use for: the container reaches the build VM itself.
func aciProxy(t *template.ImageTemplate, r *report) {
	v := t.VMProfile.VNetConfig
	container, ok := v.ContainerInstanceSubnetID.Get()
	if size, known := v.ProxyVMSize.Get(); ok && known && container != "" && size != "" {
		r.add(finding{at: v.ProxyVMSize.Range, path: "properties.vmProfile.vnetConfig.proxyVmSize",
			summary: `"proxyVmSize" excludes "containerInstanceSubnetId"`,
			why:     "with a subnet for the container there is no proxy VM", fix: "remove it",
			related: v.ContainerInstanceSubnetID.Range, relatedMessage: "the subnet of the container is here"})
	}
}
