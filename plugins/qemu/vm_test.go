package qemu

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
	"github.com/ingot-build/ingot/plugins/machine"
)

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

// A real guest, by UEFI, as the stories of cmd/ingot go by BIOS: it is up, a reboot is survived, and the disk is whole after the guest took
// itself out of service. What Debian makes of the seed disk is asked in cmd/ingot, by testdata/script/build_vm.txtar.
func TestBuildRealGuest(t *testing.T) {
	image := tinyguest.Disk(t)
	before, err := os.Stat(image)
	if err != nil {
		t.Fatal(err)
	}
	ui := newRecorder()
	hook := func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		if err := reboot(ctx, comm); err != nil {
			return err
		}
		// The user whose session this is goes.
		out, err := command(ctx, comm, "sudo waagent -force -deprovision+user && ! grep packer /etc/passwd && echo gone")
		if err == nil && !strings.HasSuffix(out, "gone\n") {
			t.Errorf("after deprovision the user is still there: %s", out)
		}
		return err
	}
	var artifact packersdk.Artifact
	for range bootStarts {
		dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30)) // longer than a socket's path may be
		b := prepared(t, map[string]any{
			"source_disk": image, "source_format": "qcow2", "output_directory": dir, "firmware": machine.FirmwareUEFI,
			"ssh_timeout": rebootPatience.String(), // also for the way in after a reboot
		})
		artifact, err = b.Run(t.Context(), ui, hookFunc(hook))
		if said, _ := os.ReadFile(filepath.Join(dir, machine.ConsoleFile)); err == nil || !hangPattern.Match(said) {
			break
		}
		// The builder starts a guest again that hangs while it boots first; one that hangs when it reboots is the steps' affair.
		t.Logf("the guest's kernel hung, so once more: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(ui.lines(), "\n"))
	}
	t.Logf("%.1f s from power-on to the first command", artifact.State(machine.StateBootSeconds))
	checkDiskIsWhole(t, artifact.Files()[0])
	if after, err := os.Stat(image); err != nil || after.Size() != before.Size() || after.ModTime() != before.ModTime() {
		t.Errorf("the base image changed: %v, %v", after, err)
	}
}

// rebootPatience is many times what an emulated guest takes to boot anew.
const rebootPatience = 4 * time.Minute

// reboot returns when the guest has booted anew, which its kernel's boot id tells.
func reboot(ctx context.Context, comm packersdk.Communicator) error {
	ctx, cancel := context.WithTimeoutCause(ctx, rebootPatience, fmt.Errorf("the guest is not back within %s", rebootPatience))
	defer cancel()
	const ask = "cat /proc/sys/kernel/random/boot_id"
	old, err := command(ctx, comm, ask)
	if err != nil {
		return err
	}
	_, _ = command(ctx, comm, "sudo reboot") // the connection ends somewhere in it
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
