package kernelbound_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// base is a guest as Look has it.
const base = `started 77
failed old.service
file 100/81a4/1 /boot/vmlinuz-6.1.0-1-cloud-amd64
file 100/81a4/1 /boot/initrd.img-6.1.0-1-cloud-amd64
file 4096/41ed/1 /boot/grub
file 100/81a4/1 /boot/grub/grub.cfg
file 4096/41ed/1 /lib/modules/6.1.0-1-cloud-amd64
file 100/81a4/1 /lib/modules/6.1.0-1-cloud-amd64/modules.dep
`

func look(t *testing.T, said string) Seen {
	t.Helper()
	seen, err := Look(t.Context(), func(context.Context, string) (string, error) { return said, nil })
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestDid(t *testing.T) {
	const version = "6.1.0-1-cloud-amd64"
	for _, tt := range []struct {
		name, after string
		want        []string
	}{
		{"nothing", base, nil},
		{"an initramfs", strings.Replace(base, "100/81a4/1 /boot/initrd", "120/81a4/9 /boot/initrd", 1),
			[]string{"initramfs: /boot/initrd.img-" + version + " changed"}},
		{"a boot menu", strings.Replace(base, "100/81a4/1 /boot/grub/grub.cfg", "100/81a4/2 /boot/grub/grub.cfg", 1),
			[]string{"bootloader: /boot/grub/grub.cfg changed"}},
		{"a folder alone", strings.Replace(base, "4096/41ed/1 /boot/grub\n", "4096/41ed/2 /boot/grub\n", 1), nil},
		{"a folder that is closed", base + "file 4096/41c0/2 /boot/grub2/.\n", []string{"bootloader: /boot/grub2/. changed"}},
		{"a module", base + "file 9/81a4/5 /lib/modules/" + version + "/updates/dkms\n" +
			"file 9/81a4/5 /lib/modules/" + version + "/updates/dkms/x.ko\n",
			[]string{"modules: /lib/modules/" + version + "/updates/dkms, /lib/modules/" + version + "/updates/dkms/x.ko changed"}},
		{"a kernel less", strings.Replace(base, "file 100/81a4/1 /boot/vmlinuz-"+version+"\n", "", 1),
			[]string{"kernel-package: /boot/vmlinuz-" + version + " changed"}},
		{"a new kernel", base + "file 1/81a4/2 /boot/vmlinuz-6.2\nfile 1/81a4/2 /boot/config-6.2\n" +
			"file 1/81a4/2 /boot/System.map-6.2\nfile 1/81a4/2 /boot/symvers-6.2\n" +
			"file 1/81a4/2 /boot/initrd.img-6.2\nfile 1/41ed/2 /lib/modules/6.2\npending\n", []string{
			"initramfs: /boot/initrd.img-6.2 changed", "modules: /lib/modules/6.2 changed",
			"kernel-package: /boot/System.map-6.2, /boot/config-6.2, /boot/symvers-6.2 and 1 more changed",
			"reboot: a package asks for a restart: /run/reboot-required"}},
		{"another start", strings.Replace(base, "started 77", "started 99", 1), []string{"reboot: the machine was started again"}},
		{"a unit", base + "failed docker.service\nfailed ufw.service\n", []string{"unit: docker.service, ufw.service failed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Did(look(t, base), look(t, tt.after))
			if diff := cmp.Diff(tt.want, kinds(got)); diff != "" {
				t.Errorf("marks (-want +got):\n%s", diff)
			}
			for _, m := range got {
				if m.Why == "" {
					t.Errorf("no reason: %+v", m)
				}
			}
		})
	}
}

// TestLook runs what Look asks on this machine: a shell and coreutils are all that it takes.
func TestLook(t *testing.T) {
	seen, err := Look(t.Context(), func(ctx context.Context, command string) (string, error) {
		out, err := exec.CommandContext(ctx, "sh", "-c", command).Output()
		return string(out), err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := Did(seen, seen); got != nil {
		t.Errorf("marks between a look and itself: %+v", got)
	}
	for name, answer := range map[string]func(context.Context, string) (string, error){
		"no answer":     func(context.Context, string) (string, error) { return "", errors.New("connection lost") },
		"a strange one": func(context.Context, string) (string, error) { return "This account is disabled.\n", nil },
	} {
		if _, err := Look(t.Context(), answer); err == nil || !strings.Contains(err.Error(), "/boot") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
