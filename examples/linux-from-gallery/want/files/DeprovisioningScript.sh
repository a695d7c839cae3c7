#!/bin/sh
# Makes one machine into an image for many: takes away what must be each machine's own.
# A customizer may replace this file; the build's last step prints it and runs it as root.

if [ -x /usr/sbin/waagent ]; then
    WAAGENT=/usr/sbin/waagent
elif command -v waagent >/dev/null 2>&1; then
    WAAGENT=waagent
else
    WAAGENT=
fi

status=0
if [ -n "$WAAGENT" ]; then
    "$WAAGENT" -force -deprovision+user || status=$?
else
    # The distributions' own cloud images do not carry Azure's agent.
    echo "waagent is not installed; doing without it what 'waagent -force -deprovision+user' does"
    rm -f /etc/ssh/ssh_host_*
    rm -rf /var/lib/dhclient/* /var/lib/dhcp/* /var/lib/dhcpcd/* /var/lib/NetworkManager/*.lease
    # Not "cloud-init clean": it also deletes scripts/per-boot, which a customizer may have filled.
    rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data /var/lib/cloud/sem
    rm -f /var/log/cloud-init.log /var/log/cloud-init-output.log
    rm -f /root/.bash_history /var/lib/systemd/random-seed
    if [ -e /etc/hostname ]; then
        echo localhost.localdomain >/etc/hostname
    fi
    passwd -l root >/dev/null || status=$?
fi

# The agent deletes the build user only where it finds the file that describes the user.
if id packer >/dev/null 2>&1; then
    userdel -f -r packer || deluser --remove-home packer
    if id packer >/dev/null 2>&1; then
        echo "the build user packer could not be deleted" >&2
        status=1
    fi
fi

export HISTSIZE=0
sync
exit "$status"
