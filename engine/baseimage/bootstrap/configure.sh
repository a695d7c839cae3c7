#!/bin/sh
# mmdebstrap's customize hook. It runs beside the tree, with the tree's path as its argument, after all packages are in.
set -eu
root=${1:?the path of the tree is missing}

# The umask of whoever runs this is not the image's.
umask 022
overlay=$(dirname "$0")/overlay
chmod -R u=rwX,go=rX "$overlay"
cp -R "$overlay/." "$root/"

chroot "$root" systemctl --quiet enable systemd-networkd.service systemd-resolved.service

# An image has no identity: each machine made from it makes keys of its own.
rm -f "$root"/etc/ssh/ssh_host_*

# What sped up or routed this installation (no fsync, the host's proxy) is not for the machines made from it.
rm -f "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
rm -rf "$root"/var/lib/cloud/* "$root"/var/log/cloud-init*
