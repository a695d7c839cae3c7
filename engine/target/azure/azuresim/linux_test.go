package azuresim_test

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestLinuxToManagedImage is the common build: a marketplace image, a script, a managed image. Nothing else is left.
func TestLinuxToManagedImage(t *testing.T) {
	r := newPackerRig(t, azuresim.Options{})
	r.group("images")
	out := r.built(r.source(ubuntu+`
  managed_image_resource_group_name = "images"
  managed_image_name                = "web"
`), `
  provisioner "shell" {
    inline = ["echo from $(hostname) as $USER", "sudo sh -c 'echo done > /etc/built'", "cat /etc/built"]
  }
  provisioner "shell" {
    inline = ["sudo /usr/sbin/waagent -force -deprovision+user && sync"]
  }`)
	if !strings.Contains(out, "as packer") || !strings.Contains(out, "done") {
		t.Errorf("the scripts were not run:\n%s", out)
	}
	r.left("/resourceGroups/images", "/images/web")
	image := r.sim.Resource("/subscriptions/" + azuresim.DefaultSubscription +
		"/resourceGroups/images/providers/Microsoft.Compute/images/web")
	props := image["properties"].(map[string]any)
	if props["provisioningState"] != "Succeeded" || props["hyperVGeneration"] != "V1" {
		t.Errorf("the image is %v", props)
	}
}
