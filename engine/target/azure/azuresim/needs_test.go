package azuresim_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/emit"
)

// needsOf derives what preflight says that an image template needs.
func (r *packerRig) needsOf(properties string) *preflight.Needs {
	r.Helper()
	text := `{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope", "name": "web",
		"identity": {"type": "UserAssigned", "userAssignedIdentities": {"` + subscription +
		`/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder": {}}},
		"properties": {` + properties + `, "distribute": [{"type": "VHD", "runOutputName": "disk"}]}}`
	o := translate.Options{Target: emit.Azure}
	o.Check.Translate = true
	p, found := translate.Translate(translate.Source{File: "web.json", Data: []byte(text)}, o)
	if p == nil {
		r.Fatalf("the template has errors: %v", found)
	}
	n, err := preflight.Derive([]preflight.Input{{File: "web.json", Plan: p}},
		preflight.Options{Subscription: azuresim.DefaultSubscription})
	if err != nil {
		r.Fatal(err)
	}
	return n
}

// TestThePluginNeedsWhatPreflightSays builds with stock Packer and holds each request that came to Azure against the
// permissions that preflight lists for such an image template.
func TestThePluginNeedsWhatPreflightSays(t *testing.T) {
	const staged = `
  build_resource_group_name           = "staging"
  managed_image_resource_group_name   = "staging"
  managed_image_name                  = "unused"
  managed_image_os_disk_snapshot_name = "web_os"
  skip_create_image                   = true
`
	const inStaging = `, "stagingResourceGroup": "` + subscription + `/resourceGroups/staging"`
	for name, tt := range map[string]struct{ template, source string }{
		"of a gallery, on a network of its own": {`"source": {"type": "SharedImageVersion", "imageVersionId": "` +
			subscription +
			`/resourceGroups/images/providers/Microsoft.Compute/galleries/shared/images/web/versions/1.0.0"}` +
			inStaging, staged + `
  os_type = "Linux"
  shared_image_gallery {
    subscription   = "` + azuresim.DefaultSubscription + `"
    resource_group = "images"
    gallery_name   = "shared"
    image_name     = "web"
    image_version  = "1.0.0"
  }
`},
		"of a managed image, on a subnet": {`"source": {"type": "ManagedImage", "imageId": "` + subscription +
			`/resourceGroups/images/providers/Microsoft.Compute/images/base"}` + inStaging +
			`, "vmProfile": {"vnetConfig": {"subnetId": "` +
			subscription + `/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp/subnets/build"}}`, staged + `
  virtual_network_name                     = "corp"
  virtual_network_subnet_name              = "build"
  virtual_network_resource_group_name      = "net"
  os_type                                  = "Linux"
  custom_managed_image_resource_group_name = "images"
  custom_managed_image_name                = "base"
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newPackerRig(t, azuresim.Options{})
			for _, g := range []string{"images", "net", "staging"} {
				r.group(g)
			}
			r.gallery()
			r.put(subscription+"/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp", "2024-01-01",
				`{"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
				"subnets": [{"name": "build", "properties": {"addressPrefix": "10.1.2.0/24"}}]}}`)
			r.put(subscription+"/resourceGroups/images/providers/Microsoft.Compute/galleries/shared/images/web/versions/1.0.0",
				"2023-07-03", `{"location": "westeurope", "properties": {"storageProfile": {"osDiskImage": {"source": {"uri": "https://x/y"}}}}}`)
			r.put(subscription+"/resourceGroups/images/providers/Microsoft.Compute/images/base", computeAPI,
				`{"location": "westeurope",
				"properties": {"storageProfile": {"osDisk": {"osType": "Linux", "osState": "Generalized",
					"blobUri": "https://x/y"}}}}`)
			before := len(r.sim.Calls())
			r.built(strings.Replace(r.source(tt.source), `  location               = "westeurope"`, "", 1),
				`provisioner "shell" { inline = ["true"] }`)
			r.hold(r.needsOf(tt.template), r.sim.Calls()[before:])
		})
	}
}

// TestWindowsNeedsWhatPreflightSays is the same with the key vault that a Windows machine has its certificate from.
func TestWindowsNeedsWhatPreflightSays(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	r := newPackerRig(t, azuresim.Options{Machines: w})
	r.group("staging")
	before := len(r.sim.Calls())
	r.built(strings.Replace(r.source(`
  os_type         = "Windows"
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = "WindowsServer"
  image_sku       = "2019-Datacenter"
  communicator    = "winrm"
  winrm_use_ssl   = true
  winrm_insecure  = true
  winrm_username  = "packer"
  winrm_password  = "`+windowsPassword+`"
  winrm_port      = `+strings.TrimPrefix(w.server.Address(), "127.0.0.1:")+`
  build_resource_group_name           = "staging"
  managed_image_resource_group_name   = "staging"
  managed_image_name                  = "unused"
  managed_image_os_disk_snapshot_name = "web_os"
  skip_create_image                   = true
`), `  location               = "westeurope"`, "", 1), "")
	r.hold(r.needsOf(`"source": {"type": "PlatformImage", "publisher": "MicrosoftWindowsServer", "offer": "WindowsServer",
		"sku": "2019-Datacenter", "version": "latest"}, "stagingResourceGroup": "`+subscription+`/resourceGroups/staging"`),
		r.sim.Calls()[before:])
}

// poll is what an operation below a location is asked by.
var poll = regexp.MustCompile(`(?i)/locations/[^/]+/operation(s|Results)/`)

// hold compares calls with permissions: what was called needs one. With a plugin that serves real Azure, what it is
// said to call has to have been called too.
func (r *packerRig) hold(n *preflight.Needs, calls []azuresim.Call) {
	r.Helper()
	made := map[string]bool{}
	for _, c := range calls {
		action, scope, ok := preflight.Action(c.Method, c.Path)
		if !ok || poll.MatchString(c.Path) {
			continue // a token, the cloud's description, or an operation, which whoever began it may poll
		}
		made[strings.ToLower(action)] = true
		if !granted(n, action, scope) {
			r.Errorf("%s %s: preflight lists no %s at %s", c.Method, c.Path, action, scope)
		}
	}
	if strings.HasPrefix(r.plugin.Version, "1.") { // it polls in other ways, which need less
		return
	}
	for _, p := range n.Permissions { // the status of a deployment is with those of all other operations in the emulator
		for _, reason := range p.Reasons {
			if reason.By == preflight.Plugin && !made[strings.ToLower(p.Action)] && !strings.Contains(p.Action,
				"/operationStatuses/") {
				r.Errorf("the plugin has made no %s, to %s", reason.Request, reason.For)
			}
		}
	}
}

// granted reports whether an action is listed at the scope or around it.
func granted(n *preflight.Needs, action, scope string) bool {
	for _, p := range n.Permissions {
		if strings.EqualFold(p.Action, action) && strings.HasPrefix(strings.ToLower(scope)+"/",
			strings.ToLower(p.Scope)+"/") {
			return true
		}
	}
	return false
}
