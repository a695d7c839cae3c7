#!/bin/sh -e
sudo sshd -T | sort > /tmp/is.txt
test -z "$(grep -vxFf /tmp/is.txt /tmp/wanted.txt)"
systemd-detect-virt -cq || test "$(cat /proc/sys/kernel/kptr_restrict)" = 2
echo 'a machine made from the image is as wanted'
