package check

import "github.com/ingot-build/ingot/translate/template"

// stagingProxy is about the one case in which the service itself, and not the identity, makes a VM in a group of yours:
// the proxy in front of a Windows VM.
func stagingProxy(t *template.ImageTemplate, r *report) {
	v := t.VMProfile.VNetConfig
	group, hasGroup := t.StagingResourceGroup.Get()
	subnet, hasSubnet := v.SubnetID.Get()
	container, known := v.ContainerInstanceSubnetID.Get()
	noContainer := v.ContainerInstanceSubnetID.IsAbsent() || known && container == ""
	if !hasGroup || !hasSubnet || group == "" || subnet == "" || !noContainer || buildSystem(t).system != windows {
		return
	}
	r.add(finding{at: t.StagingResourceGroup.Range, path: "properties.stagingResourceGroup",
		summary: "the service needs the role Contributor on this group, if it exists",
		why:     "for Windows in a virtual network it makes a proxy VM there by itself, and not as the identity of the template",
		fix:     `give it to "Azure Virtual Machine Image Builder" (cf32a0cc-373c-47c9-9156-0db11f6a6dfc)`,
		related: v.SubnetID.Range, relatedMessage: "the virtual network is here"})
}
