package kernelbound_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	. "github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/translate/plan"
)

// FuzzMarks holds that any script can be asked about: every mark has a reason, a known kind and a place in the script, in its order.
func FuzzMarks(f *testing.F) {
	for _, seed := range []string{
		"", "#!/bin/sh\nmodprobe x", "sudo sh -c 'sysctl -p; reboot' > /proc/sys/x", "[[ -b $d && -d /sys/firmware/efi ]]",
		"chroot", "chroot /m", "flock -n",
		"#!/usr/bin/python3\nos.system('mount')", "dnf -x", "dnf update --exclude=", "mount -o", "mount -t", "dd of=", "ufw",
		"ip link", "service x", "service",
		"a() { modprobe; }\na 5 $x", "\xff\xfem\x00o\x00", "systemctl", "$x", "$x $y reboot", "cat <<EOF\nreboot\n", "rpm -i =",
		"apt-get install -y =",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		p, text := file(script)
		last := 0
		for _, m := range Marks(p, text) {
			if m.Why == "" || !slices.Contains(Kinds(), m.Kind) || m.Step != "customize[0]" {
				t.Errorf("%q: %+v", script, m)
			}
			if m.Line < max(1, last) || m.Column < 1 || utf8.ValidString(script) && m.Line > 1+len(script) {
				t.Errorf("%q: %s is not in the script, or not behind the last one: %+v", script, m.At(), m)
			}
			last = m.Line
		}
		Unread(p, text)
		Marks(&plan.Plan{Steps: []plan.Step{{ID: "a", Shell: &plan.Shell{Script: plan.Content{Text: script}}}}}, nothing)
	})
}
