package azuresim_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/internal/testtools"
)

const (
	subscription = "/subscriptions/" + azuresim.DefaultSubscription
	computeAPI   = "2024-07-01"
)

// gallery makes a gallery with a definition of generation 1.
func (r *packerRig) gallery() {
	r.Helper()
	base := subscription + "/resourceGroups/images/providers/Microsoft.Compute/galleries/shared"
	r.put(base, "2023-07-03", `{"location": "westeurope"}`)
	r.put(base+"/images/web", "2023-07-03", `{"location": "westeurope", "properties": {"osType": "Linux",
		"osState": "Generalized", "identifier": {"publisher": "p", "offer": "o", "sku": "s"}}}`)
}

// property is a member of a resource, by the names on the way to it.
func (r *packerRig) property(id string, path ...string) any {
	r.Helper()
	var v any = r.sim.Resource(subscription + "/resourceGroups/" + id)
	for _, name := range path {
		o, _ := v.(map[string]any)
		v = o[name]
	}
	return v
}

// TestGalleryVersion builds into a gallery, and from what is there then into it again.
func TestGalleryVersion(t *testing.T) {
	t.Parallel()
	r := newPackerRig(t, azuresim.Options{})
	r.group("images")
	r.gallery()
	to := func(version string) string {
		return `
  shared_image_gallery_destination {
    subscription        = "` + azuresim.DefaultSubscription + `"
    resource_group      = "images"
    gallery_name        = "shared"
    image_name          = "web"
    image_version       = "` + version + `"
    replication_regions = ["westeurope", "East US"]
  }
  managed_image_resource_group_name = "images"
  managed_image_name                = "web-` + version + `"
`
	}
	r.built(r.source(ubuntu+to("1.0.0")), "")
	r.built(r.source(to("1.0.1")+`
  os_type = "Linux"
  shared_image_gallery {
    subscription   = "`+azuresim.DefaultSubscription+`"
    resource_group = "images"
    gallery_name   = "shared"
    image_name     = "web"
    image_version  = "1.0.0"
  }`), "")
	r.left("/resourceGroups/images", "/galleries/shared", "/images/web", "/images/web-1.0.0", "/versions/1.0.0",
		"/images/web-1.0.1", "/versions/1.0.1")
	regions := r.property("images/providers/Microsoft.Compute/galleries/shared/images/web/versions/1.0.1", "properties",
		"publishingProfile", "targetRegions").([]any)
	if len(regions) != 2 {
		t.Errorf("the version is in %v", regions)
	}
}

// TestOwnNetworkAndSnapshot builds in a group and a subnet that are there already, connects to the private address, and
// keeps a snapshot of the disk only: as the service itself has Packer do it.
func TestOwnNetworkAndSnapshot(t *testing.T) {
	t.Parallel()
	r := newPackerRig(t, azuresim.Options{})
	r.group("images")
	r.group("net")
	r.group("staging")
	r.put(subscription+"/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp", "2024-01-01",
		`{"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
		"subnets": [{"name": "build", "properties": {"addressPrefix": "10.1.2.0/24"}}]}}`)
	source := strings.Replace(r.source(ubuntu+`
  build_resource_group_name           = "staging"
  virtual_network_name                = "corp"
  virtual_network_subnet_name         = "build"
  virtual_network_resource_group_name = "net"
  managed_image_resource_group_name   = "images"
  managed_image_name                  = "unused"
  managed_image_os_disk_snapshot_name = "web_os"
  skip_create_image                   = true
  azure_tags                          = { run = "3f2a9c1e" }
`), `  location               = "westeurope"`, "", 1)
	r.built(source, `provisioner "shell" { inline = ["true"] }`)
	r.left("/resourceGroups/images", "/resourceGroups/net", "/resourceGroups/staging", "/virtualNetworks/corp",
		"/subnets/build",
		"/snapshots/web_os")
	snapshot := "images/providers/Microsoft.Compute/snapshots/web_os"
	if tag := r.property(snapshot, "tags", "run"); tag != "3f2a9c1e" {
		t.Errorf("the snapshot has tag %v", tag)
	}
	if os := r.property(snapshot, "properties", "osType"); os != "Linux" {
		t.Errorf("the snapshot is of %v", os)
	}
}

// TestFailedProvisioner leaves nothing, and with -on-error=abort all that the plugin made.
func TestFailedProvisioner(t *testing.T) {
	t.Parallel()
	r := newPackerRig(t, azuresim.Options{})
	r.group("images")
	source := r.source(ubuntu + `
  managed_image_resource_group_name = "images"
  managed_image_name                = "web"
  temp_resource_group_name          = "temporary"
`)
	const fails = `provisioner "shell" { inline = ["apt-get install -y nginx"] }`
	out, err := r.build(source, fails)
	if err == nil || !strings.Contains(out, "apt-get: not found") || !strings.Contains(out, "exit status: 127") {
		t.Errorf("the build ended with %v:\n%s", err, out)
	}
	r.left("/resourceGroups/images")
	if out, err := r.build(source, fails, "-on-error=abort"); err == nil {
		t.Errorf("the build succeeded:\n%s", out)
	}
	var kinds []string
	for _, id := range r.sim.Resources()[1:] {
		if !strings.Contains(id, "/resourceGroups/temporary") {
			t.Errorf("left outside the group: %s", id)
		}
		if _, kind, found := strings.Cut(id, "/providers/"); found {
			kinds = append(kinds, strings.Split(kind, "/")[1])
		}
	}
	if got := strings.Join(kinds, " "); !strings.Contains(got, "virtualMachines") || !strings.Contains(got, "disks") {
		t.Errorf("left: %s", got)
	}
	arm := newARM(t, r.sim)
	if status, _, _ := arm.do(http.MethodDelete, subscription+"/resourceGroups/temporary", "2024-03-01",
		""); status != 202 {
		t.Errorf("deleting the group: %d", status)
	}
	arm.wait(subscription+"/resourceGroups/temporary", "2024-03-01")
	r.left("/resourceGroups/images")
}

// TestInterrupt cancels a build while a script runs.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	r := newPackerRig(t, azuresim.Options{})
	r.group("images")
	source := r.source(ubuntu + `
  managed_image_resource_group_name = "images"
  managed_image_name                = "web"
`)
	file := filepath.Join(r.dir, "image.pkr.hcl")
	text := source + `build {
  sources = ["source.azure-arm.image"]
  provisioner "shell" { inline = ["echo now; sleep 600"] }
}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testtools.Packer(t), "build", "-color=false", file)
	cmd.Env = r.env
	out := &watched{want: "image: now", seen: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Packer starts itself again, and a terminal tells both
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-out.seen:
	case err := <-ended:
		t.Fatalf("the build ended before its script: %v\n%s", err, out)
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Errorf("a cancelled build succeeded:\n%s", out)
	}
	r.left("/resourceGroups/images")
}
