package qemu

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
)

// baseImage is the disk that the tests with a real guest start from.
func baseImage(t *testing.T) string {
	t.Helper()
	path := os.Getenv("INGOT_TEST_IMAGE")
	if path == "" {
		t.Skip("INGOT_TEST_IMAGE is not set: it is the path of a bootable Debian cloud image (qcow2 with cloud-init and sshd)")
	}
	if _, err := findPrograms(false); err != nil {
		t.Skip(err)
	}
	return path
}

// hookFunc is what happens instead of provisioners.
type hookFunc func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error

func (f hookFunc) Run(ctx context.Context, name string, ui packersdk.Ui, comm packersdk.Communicator, _ interface{}) error {
	if name != packersdk.HookProvision {
		return nil
	}
	return f(ctx, ui, comm)
}

// command runs one command in the guest and returns what it said.
func command(ctx context.Context, comm packersdk.Communicator, text string) (string, error) {
	var out, errs bytes.Buffer // not one for both: they are written to at the same time
	cmd := &packersdk.RemoteCmd{Command: text, Stdout: &out, Stderr: &errs}
	if err := comm.Start(ctx, cmd); err != nil {
		return "", err
	}
	if code := cmd.Wait(); code != 0 {
		return out.String(), fmt.Errorf("%q exited with %d: %s", text, code, errs.String())
	}
	return out.String(), nil
}

// A real guest, by UEFI, as the stories of cmd/ingot go by BIOS: what the seed disk orders is done, a reboot is survived, and the disk
// is whole after the guest took itself out of service.
func TestBuildRealGuest(t *testing.T) {
	image := baseImage(t)
	before, err := os.Stat(image)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30)) // longer than a socket's path may be
	b := prepared(t, map[string]any{
		"source_disk": image, "source_format": "qcow2", "output_directory": dir, "firmware": machine.FirmwareUEFI,
	})
	ui := newRecorder()
	hook := func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		lookInside(ctx, t, comm)
		if err := reboot(ctx, comm); err != nil {
			return err
		}
		// The note in the seed makes waagent delete the user whose session this is.
		out, err := command(ctx, comm, "! command -v waagent || "+
			"{ sudo waagent -force -deprovision+user && ! getent passwd packer && echo gone; }")
		if err == nil && out != "" && !strings.HasSuffix(out, "gone\n") {
			t.Errorf("after deprovision the user is still there: %s", out)
		}
		return err
	}
	artifact, err := b.Run(t.Context(), ui, hookFunc(hook))
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(ui.lines(), "\n"))
	}
	t.Logf("%.1f s from power-on to the first command", artifact.State(machine.StateBootSeconds))
	checkDiskIsWhole(t, artifact.Files()[0])
	if after, err := os.Stat(image); err != nil || after.Size() != before.Size() || after.ModTime() != before.ModTime() {
		t.Errorf("the base image changed: %v, %v", after, err)
	}
}

// lookInside compares the guest with its orders.
func lookInside(ctx context.Context, t *testing.T, comm packersdk.Communicator) {
	t.Helper()
	for _, tc := range []struct{ what, command, want string }{
		{"user", "id -un", "packer"},
		{"root without a password", "sudo -n id -u", "0"},
		{"sudo rule", "sudo grep -c '^packer ALL=(ALL) NOPASSWD:ALL' /etc/sudoers.d/90-cloud-init-users", "1"},
		{"password is locked", "sudo passwd -S packer | cut -d' ' -f2", "L"},
		{"host name", "hostname", seed.Hostname},
		{"host name can be looked up", "getent hosts $(hostname) >/dev/null; echo $?", "0"},
		{"host keys", "ls /etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_ed25519_key"},
		{"note for waagent", "sudo grep -c '<wa:UserName>packer</wa:UserName>' /var/lib/waagent/ovf-env.xml", "1"},
		{"cloud-init has finished", "ls /run/cloud-init/result.json", "/run/cloud-init/result.json"},
	} {
		got, err := command(ctx, comm, tc.command)
		if got = strings.TrimSpace(got); err != nil || got != tc.want {
			t.Errorf("%s: got %q, %v, want %q", tc.what, got, err, tc.want)
		}
	}
}

// reboot returns when the guest has booted anew, which its kernel's boot id tells.
func reboot(ctx context.Context, comm packersdk.Communicator) error {
	const ask = "cat /proc/sys/kernel/random/boot_id"
	old, err := command(ctx, comm, ask)
	if err != nil {
		return err
	}
	_, _ = command(ctx, comm, "sudo systemctl reboot") // the connection ends somewhere in it
	for ctx.Err() == nil {
		if id, err := command(ctx, comm, ask); err == nil && id != old {
			return nil
		}
		machine.Pause(ctx, machine.ReadyPoll)
	}
	return context.Cause(ctx)
}

// checkDiskIsWhole has qemu-img look at a finished disk: everything was written, nothing is cached any more.
func checkDiskIsWhole(t *testing.T, path string) {
	t.Helper()
	h, err := findPrograms(false)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := machine.RunProgram(t.Context(), h.Img, "check", "-f", "qcow2", path); err != nil {
		t.Errorf("the disk is damaged: %v\n%s", err, out)
	}
}
