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

# the image that the build made
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
  shutdown_timeout = var.shutdown_timeout
}

build {
  name    = "linux-hardened-validation"
  sources = ["source.ingot-qemu.image"]

  # properties.validate.inVMValidations[0]
  provisioner "file" {
    name        = "wanted"
    source      = "${path.root}/files/validate-01-wanted.txt"
    destination = "/tmp/wanted.txt"
  }

  # properties.validate.inVMValidations[1]
  provisioner "shell" {
    name   = "isStillHard"
    script = "${path.root}/files/validate-02-isStillHard.sh"
  }
}
