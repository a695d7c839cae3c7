// Package bootstrap makes a Debian disk image from the Debian mirror of this host: no loop device, no mount on the host, no
// running guest. mmdebstrap fills a folder, mke2fs turns the folder into a file system inside a raw disk, GRUB's boot code is
// put in front of it by hand, and qemu-img makes it a qcow2.
//
// The disk is laid out as Azure's Debian images are: GPT; partition 14 for GRUB's core (BIOS), 15 the EFI system partition,
// 1 the root file system to the end. It boots by BIOS and by UEFI (removable path, no entry in NVRAM needed) and speaks on
// ttyS0. It holds no secret and no identity: no host keys, an empty machine-id, no user with a password.
//
// It works as root, and as an ordinary user who may use user namespaces (a range in /etc/subuid, the package uidmap).
package bootstrap
