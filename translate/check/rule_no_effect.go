package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// noEffect warns of what only has a meaning in Azure: the build is the same without it.
func noEffect(t *template.ImageTemplate, r *report) {
	warn := func(at diag.Range, path, name, why, fix string) {
		r.add(finding{at: at, path: path, summary: fmt.Sprintf("%q has no effect on this machine", name), why: why, fix: fix})
	}
	vm := t.VMProfile
	if size, ok := vm.VMSize.Get(); ok && size != "" {
		warn(vm.VMSize.Range, "properties.vmProfile.vmSize", "vmSize", "the build VM is a virtual machine of this host",
			"choose its size with --cpus and --memory")
	}
	if vm.VNetConfig.IsSet() {
		warn(vm.VNetConfig.Range, "properties.vmProfile.vnetConfig", "vnetConfig", "the build VM reaches the network of this host", "")
	}
	if given := vm.UserAssignedIdentity.Value; len(given) > 0 {
		warn(given[0].Range, "properties.vmProfile.userAssignedIdentities", "userAssignedIdentities",
			"no identity exists on the build VM: scripts get no tokens of it",
			"on Linux, give them tokens of whoever you are signed in as: --allow-identity RESOURCE")
	}
	if s := t.AutoRunState; s.Value == "Enabled" {
		warn(s.Range, "properties.autoRun.state", "autoRun", "a run starts when you start it", "run: ingot build FILE")
	}
	if s := t.StagingResourceGroup; s.IsSet() {
		warn(s.Range, "properties.stagingResourceGroup", "stagingResourceGroup",
			"a run keeps its things in a directory of this machine", "")
	}
	if s := t.ManagedResourceTags; s.IsSet() {
		warn(s.Range, "properties.managedResourceTags", "managedResourceTags", "no resources are made for the run", "")
	}
}
