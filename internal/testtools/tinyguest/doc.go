// Package tinyguest makes a base image for tests: a Linux that boots in a third of the time that Debian takes, and is of another family.
// Its programs are busybox's, its sshd is dropbear, it has neither systemd nor bash nor cloud-init, and its waagent is a script. What
// a build orders by its seed disk is done, so it serves all tests that are about a run and not about a distribution. The kernel and
// the boot loader are those of the Debian base image. It comes up in a container too, where it takes a fifth of a second.
package tinyguest
