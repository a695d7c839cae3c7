package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

const subscription = "/subscriptions/" + azuresim.DefaultSubscription

// snapshot is a build that ends with a snapshot, as those of the service do.
const snapshot = ubuntu + `
  managed_image_resource_group_name   = "images"
  managed_image_name                  = "unused"
  managed_image_os_disk_snapshot_name = "web_os"
  skip_create_image                   = true
`

// TestBuild has the plugin build through the gateway: everything that the emulator ever has was recorded before it was there, what is
// gone is struck, and no credential is to be found with the plugin.
func TestBuild(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	r.put(subscription+"/resourceGroups/images", "2024-03-01", `{"location": "westeurope"}`)
	source := r.source(snapshot)
	out, err := r.build(source, `provisioner "shell" { inline = ["echo from $(hostname) as $USER"] }`)
	if err != nil {
		t.Fatalf("packer build: %v\n%s\ncalls:\n%s\nlast error: %v", err, out, r.calls(), r.gateway.LastError())
	}
	if !strings.Contains(out, "as packer") {
		t.Errorf("the script was not run:\n%s", out)
	}
	if err := r.gateway.Close(); err != nil {
		t.Error(err)
	}
	kept := subscription + "/resourceGroups/images/providers/Microsoft.Compute/snapshots/web_os"
	if got, want := r.sim.Resources(), []string{subscription + "/resourceGroups/images", kept}; !slices.Equal(got, want) {
		t.Errorf("left: %q, want %q", got, want)
	}
	if r.late != nil {
		t.Errorf("recorded when they were there: %q", r.late)
	}
	for _, id := range r.peak {
		if id != subscription+"/resourceGroups/images" && !slices.ContainsFunc(r.recorded, func(recorded string) bool {
			return id == recorded || strings.Contains(recorded, "/providers/") && strings.HasPrefix(id, recorded+"/") // a part of it: a subnet
		}) {
			t.Errorf("not recorded: %s", id)
		}
	}
	for _, kind := range []string{"/virtualMachines/", "/disks/", "/networkInterfaces/", "/publicIPAddresses/", "/deployments/"} {
		if !slices.ContainsFunc(r.recorded, func(id string) bool { return strings.Contains(id, kind) }) {
			t.Errorf("none of %s is recorded: %q", kind, r.recorded)
		}
	}
	for _, id := range r.recorded {
		if gone := slices.Contains(r.gone, id); gone != (id != kept) {
			t.Errorf("%s: gone %v", id, gone)
		}
	}
	if r.leaks != nil || r.hasSecret(out) || r.hasSecret(source) {
		t.Errorf("a true credential is with the plugin: %q", r.leaks)
	}
	if e := r.gateway.LastError(); e != nil {
		t.Errorf("last error: %v", e)
	}
}
