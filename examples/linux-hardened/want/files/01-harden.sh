#!/bin/sh
# Tightens sshd, the kernel's settings and core dumps. Runs as the build user, who may sudo.
set -eu

put() { # put PATH: standard input becomes a root-owned file
    sudo install -D -m 0644 -o root -g root /dev/stdin "$1"
}

put /etc/ssh/sshd_config.d/10-hardened.conf <<'CONF'
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
X11Forwarding no
AllowAgentForwarding no
MaxAuthTries 3
LoginGraceTime 30
CONF
sudo sshd -t # a mistake here would lock everybody out of every machine made from the image

put /etc/sysctl.d/90-hardened.conf <<'CONF'
kernel.dmesg_restrict = 1
kernel.kptr_restrict = 2
kernel.yama.ptrace_scope = 1
fs.suid_dumpable = 0
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.all.log_martians = 1
net.ipv6.conf.all.accept_redirects = 0
CONF
sudo /lib/systemd/systemd-sysctl /etc/sysctl.d/90-hardened.conf

put /etc/systemd/coredump.conf.d/none.conf <<'CONF'
[Coredump]
Storage=none
CONF
put /etc/security/limits.d/90-no-core.conf <<'CONF'
* hard core 0
CONF

sudo systemctl mask ctrl-alt-del.target debug-shell.service
