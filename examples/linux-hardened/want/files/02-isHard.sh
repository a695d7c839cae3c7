#!/bin/sh -e
sudo sshd -T | grep -qx 'permitrootlogin no'
sudo sshd -T | grep -qx 'passwordauthentication no'
/lib/systemd/systemd-sysctl --cat-config | grep -qx 'kernel.kptr_restrict = 2'
echo 'sshd and kernel settings are as wanted'
