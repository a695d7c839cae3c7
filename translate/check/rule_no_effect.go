package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// withoutEffect are properties of Unhandled that mean nothing here, and why.
var withoutEffect = map[string]string{
	"properties.stagingResourceGroup": "a run keeps its things in a directory of this machine",
	"properties.managedResourceTags":  "no resources are made for the run",
}

// noEffect warns of what only has a meaning in Azure: the build is the same without it.
func noEffect(t *template.ImageTemplate, r *report) {
	warn := func(at diag.Range, path, name, why, fix string) {
		r.add(finding{at: at, path: path, summary: fmt.Sprintf("%q has no effect on this machine", name), why: why, fix: fix})
	}
	vm := t.VMProfile
	if vm.VMSize.Value != "" {
		warn(vm.VMSize.Range, "properties.vmProfile.vmSize", "vmSize", "the build VM is a virtual machine of this host",
			"choose its size with --cpus and --memory")
	}
	if !vm.VNetConfig.Range.IsZero() {
		warn(vm.VNetConfig.Range, "properties.vmProfile.vnetConfig", "vnetConfig", "the build VM reaches the network of this host", "")
	}
	if len(vm.UserAssignedIdentity) > 0 {
		warn(vm.UserAssignedIdentity[0].Range, "properties.vmProfile.userAssignedIdentities", "userAssignedIdentities",
			"no identity exists on the build VM, and scripts cannot sign in with one", "")
	}
	for _, p := range t.Unhandled {
		if why, known := withoutEffect[p.Path]; known {
			warn(p.Range, p.Path, p.Path[len("properties."):], why, "")
		}
	}
}
