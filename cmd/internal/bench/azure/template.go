package main

import (
	"fmt"
	"os"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// writeTemplate writes what a person would write for Packer to do the same: the steps that an image template's build has, too.
func (b *bench) writeTemplate(r *rig.Rig, path, image string, best bool) error {
	more := ""
	if best {
		more = "async_resourcegroup_delete = true"
	}
	text := fmt.Sprintf(`
packer {
  required_plugins {
    azure = { source = %q, version = %q }
  }
}
source "azure-arm" "image" {
  cloud_environment_name            = %q
  metadata_host                     = %q
  client_id                         = "22222222-2222-2222-2222-222222222222"
  client_secret                     = "secret"
  tenant_id                         = %q
  subscription_id                   = %q
  location                          = %q
  vm_size                           = "Standard_D2s_v5"
  ssh_port                          = %d
  ssh_username                      = "packer"
  os_type                           = "Linux"
  image_publisher                   = "Canonical"
  image_offer                       = "0001-com-ubuntu-server-jammy"
  image_sku                         = "22_04-lts"
  managed_image_resource_group_name = "images"
  managed_image_name                = %q
  %s
}
build {
  sources = ["source.azure-arm.image"]
  provisioner "shell" { inline = [%q] }
  provisioner "shell" {
    execute_command = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E sh '{{ .Path }}'"
    inline          = ["/usr/sbin/waagent -force -deprovision+user && export HISTSIZE=0 && sync"]
    skip_clean      = true
  }
}
`, b.plugin.Source, b.plugin.Version, azuresim.Cloud, r.Sim.MetadataHost(b.plugin.Version), azuresim.DefaultTenant,
		azuresim.DefaultSubscription, rig.Location, rig.SSHPort, image, more, rig.Inline)
	return os.WriteFile(path, []byte(text), 0o600)
}
