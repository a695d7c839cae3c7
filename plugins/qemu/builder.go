// Package qemu is the Packer builder ingot-qemu: a build VM on this machine. It boots an overlay over a base disk, lets Packer's
// provisioners work on it by SSH, shuts it down and hands back the overlay.
package qemu

// BuilderID tells other components of Packer what made an artifact.
const BuilderID = "ingot.qemu"
