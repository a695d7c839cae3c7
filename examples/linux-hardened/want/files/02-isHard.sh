#!/bin/sh -e
sudo sshd -T | grep -qx 'permitrootlogin no'
sudo sshd -T | grep -qx 'passwordauthentication no'
test "$(cat /proc/sys/kernel/kptr_restrict)" = 2
echo 'sshd and kernel settings are as wanted'
