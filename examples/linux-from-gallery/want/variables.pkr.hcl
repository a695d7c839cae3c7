# What depends on the host that builds. `packer build -var NAME=VALUE .` sets them; Ingot does so for each run.

variable "source_disk" {
  type        = string
  description = "Path of the read-only disk that the build VM starts from."
}

variable "source_format" {
  type        = string
  description = "Format of that disk: qcow2, raw or vpc."
  default     = "qcow2"
}

variable "output_directory" {
  type        = string
  description = "Folder for the build VM's own disk, seed, console log and sockets."
  default     = "output"
}

variable "vm_name" {
  type        = string
  description = "Name of the build VM; a process left behind is found by it."
  default     = "ingot"
}

variable "cpus" {
  type        = number
  description = "Virtual processors of the build VM."
  default     = 2
}

variable "memory" {
  type        = number
  description = "Memory of the build VM, in MiB."
  default     = 1024
}

variable "accelerator" {
  type        = string
  description = "What runs guest code: kvm, tcg (software emulation), or auto for the best that works."
  default     = "auto"
}

variable "firmware" {
  type        = string
  description = "What the build VM boots by: bios or uefi."
  default     = "bios"
}

variable "boot_timeout" {
  type        = string
  description = "Longest time from power-on until customizers can run."
  default     = "20m"
}

variable "shutdown_timeout" {
  type        = string
  description = "Longest time from the power button until the build VM is off."
  default     = "5m"
}

variable "layer" {
  type        = string
  description = "Folder of a build VM that Ingot kept before a step, to go on from; empty: start from source_disk."
  default     = ""
}

variable "ssh_private_key" {
  type        = string
  description = "SSH key that the build VM in the layer knows."
  default     = ""
  sensitive   = true
}

variable "generalize_seconds" {
  type        = number
  description = "Longest time for generalizing, in seconds; 0: no limit."
  default     = 3600
}
