package check

import "github.com/ingot-build/ingot/translate/template"

func proxyWithoutSubnet(t *template.ImageTemplate, r *report) {
	v := t.VMProfile.VNetConfig
	size, ok := v.ProxyVMSize.Get()
	if ok && size != "" && v.SubnetID.IsAbsent() && v.ContainerInstanceSubnetID.IsAbsent() {
		r.add(finding{at: v.ProxyVMSize.Range, path: "properties.vmProfile.vnetConfig.proxyVmSize",
			summary: `"proxyVmSize" has no effect without "subnetId"`,
			why:     "the proxy VM stands between the service and a virtual network of yours",
			fix:     `add "subnetId", or remove it`})
	}
}
