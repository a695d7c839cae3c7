package qemuguest

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
)

const (
	port  = 2222
	group = "/subscriptions/" + azuresim.DefaultSubscription + "/resourceGroups/images"
)

// template builds a managed image. What it does to the machine only a machine can do: its kernel has to be another one
// than the host's, and a reboot to be one.
const template = `
packer {
  required_plugins {
    azure = { source = %[1]q, version = %[2]q }
  }
}
source "azure-arm" "image" {
  cloud_environment_name = "AzureSim"
  metadata_host          = %[3]q
  client_id              = "22222222-2222-2222-2222-222222222222"
  client_secret          = "secret"
  tenant_id              = "11111111-1111-1111-1111-111111111111"
  subscription_id        = "00000000-0000-0000-0000-000000000001"
  location               = "westeurope"
  ssh_port               = 2222
  os_type                = "Linux"
  image_publisher        = "Canonical"
  image_offer            = "0001-com-ubuntu-server-jammy"
  image_sku              = "22_04-lts"
  managed_image_resource_group_name = "images"
  managed_image_name                = "web"
}
build {
  sources = ["source.azure-arm.image"]
  provisioner "shell" {
    inline = ["echo kept | sudo tee /root/mark", "cat /proc/sys/kernel/random/boot_id > /tmp/boot", "sudo cp /tmp/boot /root/boot"]
  }
  provisioner "shell" {
    inline            = ["sudo reboot; sleep 60"]
    expect_disconnect = true
  }
  provisioner "shell" {
    pause_before = "1s"
    inline = [
      "sudo grep kept /root/mark",
      "! sudo grep $(cat /proc/sys/kernel/random/boot_id) /root/boot",
      "echo the machine is $(uname -n), and was turned on again",
    ]
  }
  provisioner "shell" {
    inline          = ["waagent -force -deprovision+user"]
    execute_command = "chmod +x {{.Path}}; {{.Vars}} sudo sh {{.Path}}"
    skip_clean      = true
  }
}
`

// TestBuild builds with HashiCorp's plugin on a machine that is one. Nothing of it is left.
func TestBuild(t *testing.T) {
	t.Parallel()
	disk, plugin := tinyguest.Disk(t), testtools.AzurePlugin(t)
	packer := testtools.Packer(t)
	machines := &Machines{Disk: disk, Format: "qcow2", Dir: t.TempDir(), Port: port, Memory: 256}
	sim, err := azuresim.Start(azuresim.Options{Machines: machines, DeleteWait: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() }) // once more is no fault
	makeGroup(t, sim)
	file := filepath.Join(t.TempDir(), "image.pkr.hcl")
	text := fmt.Sprintf(template, plugin.Source, plugin.Version, sim.MetadataHost(plugin.Version))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), packer, "build", "-color=false", file)
	cmd.Env = append(testtools.PackerEnv(t, testtools.PluginDir(t, plugin)), sim.Environ()...)
	cmd.Env = append(cmd.Env, "PATH="+filepath.Dir(packer)+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "the machine is ingot-build, and was turned on again") {
		t.Fatalf("packer build: %v\n%s", err, out)
	}
	if got := sim.Resources(); len(got) != 2 || !strings.HasSuffix(got[1], "/images/web") {
		t.Errorf("there is %q, want the group and the image", got)
	}
	if left := belowDir(t, machines.Dir); left != nil {
		t.Errorf("processes that are left: %v", left)
	}
	if entries, err := os.ReadDir(machines.Dir); err != nil || len(entries) != 1 {
		t.Errorf("in the folder of disks is %v, %v, want the disk of the image alone", entries, err)
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(machines.Dir); err != nil || len(entries) != 0 {
		t.Errorf("left in the folder of disks: %v, %v", entries, err)
	}
}

func makeGroup(t *testing.T, sim *azuresim.Sim) {
	t.Helper()
	token := testToken(t, sim)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, sim.URL()+group+"?api-version=2024-03-01",
		strings.NewReader(`{"location": "westeurope"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := sim.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("make a group: %s", resp.Status)
	}
}
