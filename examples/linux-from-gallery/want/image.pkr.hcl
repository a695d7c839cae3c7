# Made by Ingot from an image template; comments name the part of it that each block comes from.

packer {
  required_version = ">= 1.9.0"

  required_plugins {
    ingot = {
      source  = "github.com/ingot-build/ingot"
      version = ">= 0.1.0"
    }
  }
}

# properties.source
source "ingot-qemu" "image" {
  source_disk      = var.source_disk
  source_format    = var.source_format
  output_directory = var.output_directory
  vm_name          = var.vm_name
  cpus             = var.cpus
  memory           = var.memory
  accelerator      = var.accelerator
  firmware         = var.firmware
  ssh_username     = "packer"
  ssh_timeout      = var.boot_timeout
  layer            = var.layer
  ssh_private_key  = var.ssh_private_key
  shutdown_timeout = var.shutdown_timeout
}

build {
  name    = "linux-from-gallery"
  sources = ["source.ingot-qemu.image"]

  # hidden first step: the deprovisioning script, before any customizer can replace it
  provisioner "file" {
    name        = "prepare"
    source      = "${path.root}/files/DeprovisioningScript.sh"
    destination = "/tmp/DeprovisioningScript.sh"
  }

  # properties.customize[0]
  provisioner "shell" {
    name   = "sourceIsThere"
    script = "${path.root}/files/01-sourceIsThere.sh"
  }

  # properties.customize[1]
  provisioner "file" {
    name        = "aboutPage"
    source      = "${path.root}/files/02-aboutPage.html"
    destination = "/tmp/about.html"
  }

  # properties.customize[2]
  provisioner "shell" {
    name   = "installAboutPage"
    script = "${path.root}/files/03-installAboutPage.sh"
  }

  # hidden last step: prints the deprovisioning script and runs it
  provisioner "shell" {
    name              = "generalize"
    script            = "${path.root}/files/generalize.sh"
    execute_command   = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"
    expect_disconnect = true
    skip_clean        = true
    timeout           = "${var.generalize_seconds}s"
    env = {
      INGOT_GENERALIZE_SECONDS = var.generalize_seconds
    }
  }
}
