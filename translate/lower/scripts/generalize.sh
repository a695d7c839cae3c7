#!/bin/sh
# The build's last step, as root. Nobody cleans up after it, since the build user may be gone: it does so itself.

script=/tmp/DeprovisioningScript.sh
if [ -f "$script" ]; then
    echo ">>> $script:"
    cat "$script"
    echo ">>> running it"
    chmod +x "$script"
    # The build ends this step after so many seconds; 0 is no limit. What ends a minute later is what would run on in a machine that
    # the build leaves behind.
    limit=${INGOT_GENERALIZE_SECONDS:-0}
    if [ "$limit" -gt 0 ] && command -v timeout >/dev/null 2>&1; then
        timeout -k 10 "$((limit + 60))" "$script" || exit
    else
        "$script" || exit
    fi
else
    echo "warning: $script is gone; a customizer must have deleted it." >&2
    echo "Machines made from this image may not boot, or may share host keys and users." >&2
fi

# What follows removes traces of this build that the agent leaves. They stay as long as the user they belong to.
if id packer >/dev/null 2>&1; then
    echo "the build user packer was kept"
else
    rm -f /etc/sudoers.d/90-cloud-init-users /etc/sudoers.d/*ingot*
    # cloud-init keeps the data that made the user, and tells root's callers by a forced command to come as that user.
    rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data
    if [ -f /root/.ssh/authorized_keys ]; then
        sed -i '/login as the user .*packer/d' /root/.ssh/authorized_keys
    fi
fi

# Empty, not absent: systemd then makes a new one at the next boot. Where D-Bus has a copy of its own, that goes too.
if [ -e /etc/machine-id ]; then
    : >/etc/machine-id
fi
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id

# The next build from this image brings both anew, as a user who could not overwrite root's files.
rm -f "$script" "$0"

# Blocks that hold nothing need not be in the image. Some file systems cannot say which those are.
fstrim -av || true
sync
