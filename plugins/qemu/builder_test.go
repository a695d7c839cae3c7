package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// fakeBuild is a build with fakes of QEMU's programs.
type fakeBuild struct {
	dir     string
	ui      *recorder
	builder packersdk.Builder
	pidFile string
}

func newFakeBuild(t *testing.T, guest string, changes map[string]any) fakeBuild {
	t.Helper()
	pidFile := useFakes(t, guest)
	base := filepath.Join(t.TempDir(), "base.qcow2")
	if err := os.WriteFile(base, []byte("base"), 0o400); err != nil {
		t.Fatal(err)
	}
	b := fakeBuild{dir: filepath.Join(t.TempDir(), "out"), ui: newRecorder(), pidFile: pidFile}
	config := map[string]any{"source_disk": base, "output_directory": b.dir}
	if changes["communicator"] == nil {
		config["ssh_timeout"] = "1m"
	}
	for key, value := range changes {
		config[key] = value
	}
	b.builder = prepared(t, config)
	return b
}

// left is what is in the output directory, in order; nil if that is gone.
func (b fakeBuild) left(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(b.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// checkGone fails the test if the fake QEMU still runs.
func (b fakeBuild) checkGone(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(b.pidFile)
	if errors.Is(err, os.ErrNotExist) {
		return // it never came that far
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("QEMU (%d) still runs", pid)
	}
}

// states are the phases as they were told.
func (b fakeBuild) states() []string {
	var states []string
	for _, line := range b.ui.lines() {
		if rest, ok := strings.CutPrefix(line, machine.MessageState+" "); ok {
			parts := strings.SplitN(rest, " | ", 3)
			states = append(states, parts[0]+" "+parts[1])
		}
	}
	return states
}

func echo(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
	out, err := command(ctx, comm, "echo in the guest")
	ui.Say(out)
	return err
}

func sayNo(context.Context, packersdk.Ui, packersdk.Communicator) error {
	return errors.New("script said no")
}

// run is a hook that runs one command.
func run(text string) hookFunc {
	return func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		_, err := command(ctx, comm, text)
		return err
	}
}

func TestBuild(t *testing.T) {
	b := newFakeBuild(t, goodGuest, map[string]any{"disk_size": "1G"})
	artifact, err := b.builder.Run(t.Context(), b.ui, hookFunc(echo))
	if err != nil {
		t.Fatal(err)
	}
	b.checkGone(t)
	if !slices.Contains(b.ui.lines(), "say in the guest\n") {
		t.Errorf("the hook did not reach the guest: %q", b.ui.lines())
	}
	wantStates := []string{"boot running", "boot done", "shutdown running", "shutdown done"}
	if diff := cmp.Diff(wantStates, b.states()); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{
		machine.MessageConsole + " SeaBIOS (version 1.16)",
		machine.MessageConsole + " [    0.000000] Linux version 6.1",
		machine.MessageProgress + " boot | QEMU runs the guest | 0 | 5 | checks",
		machine.MessageProgress + " boot | ready | 5 | 5 | checks",
	} {
		if !slices.Contains(b.ui.lines(), want) {
			t.Errorf("%q was not told", want)
		}
	}
	if diff := cmp.Diff([]string{machine.ConsoleFile, machine.DiskFile}, b.left(t)); diff != "" {
		t.Errorf("left in the output directory: %s", diff)
	}

	disk := filepath.Join(b.dir, machine.DiskFile)
	if artifact.BuilderId() != "ingot.qemu" || !slices.Equal(artifact.Files(), []string{disk}) {
		t.Errorf("got %s, %v", artifact.BuilderId(), artifact.Files())
	}
	for key, want := range map[string]any{
		machine.StateSourceFormat: "qcow2", machine.StateDiskFormat: "qcow2", machine.StateVirtualSize: int64(1 << 30),
		machine.StateAccelerator: "tcg", "other": nil,
	} {
		if got := artifact.State(key); got != want {
			t.Errorf("state %q is %v, want %v", key, got, want)
		}
	}
	boot, guest := artifact.State(machine.StateBootSeconds).(float64), artifact.State(machine.StateGuestSeconds).(float64)
	if boot <= 0 || guest <= boot {
		t.Errorf("the guest took %f s, %f s of them to boot", guest, boot)
	}
	for range 2 { // the second time there is nothing to do
		if err := artifact.Destroy(); err != nil {
			t.Error(err)
		}
	}
	if machine.IsFile(disk) {
		t.Error("the disk outlived its artifact")
	}
}

// Each way in which a build goes wrong: what it says, and that nothing but the console's log stays.
func TestBuildFailures(t *testing.T) {
	short := map[string]any{"ssh_timeout": "700ms", "shutdown_timeout": "300ms"}
	byWinRM := map[string]any{"communicator": "winrm", "winrm_password": "another", "winrm_timeout": "2s"}
	seeded := map[string]any{"communicator": "winrm", "winrm_password": "another", "winrm_timeout": "2s", "winrm_use_ssl": true, "unattend_seed": true}
	bySSH := map[string]any{"guest_os": "windows", "ssh_password": "another", "ssh_timeout": "2s"}
	for _, tc := range []struct {
		guest   string
		changes map[string]any
		hook    hookFunc
		want    []string // all in the error
		states  []string
	}{
		{guest: refused, want: []string{"QEMU ended with exit code 1", "failed to initialize kvm: Permission denied"},
			states: []string{"boot running", "boot failed"}},
		{guest: mute, changes: short,
			want:   []string{"not ready within 700ms", `"the firmware speaks on the serial line"`, "tcg"},
			states: []string{"boot running", "boot failed"}},
		{guest: deaf, changes: short,
			want:   []string{`"sshd answers on the forwarded port"`, "Linux version 6.1", machine.ConsoleFile},
			states: []string{"boot running", "boot failed"}},
		{guest: locked, changes: short, want: []string{`"user \"packer\" can log in"`, "datasource_list"},
			states: []string{"boot running", "boot failed"}},
		{guest: windows, changes: byWinRM, want: []string{`"user \"packer\" can log in by WinRM"`, "not ready within 2s", "why:  http", "401"},
			states: []string{"boot running", "boot failed"}},
		{guest: winSilent, changes: byWinRM, want: []string{`"WinRM answers on the forwarded port", did not pass`, "see that the disk has Windows on it",
			"virtio-win", "generation 2 VM by uefi", "listens on port 5985"}, states: []string{"boot running", "boot failed"}},
		{guest: winSilent, changes: seeded, want: []string{`"WinRM answers on the forwarded port", did not pass`, "it was generalized (Sysprep)"},
			states: []string{"boot running", "boot failed"}},
		{guest: winSilent, changes: bySSH, want: []string{`"sshd answers on the forwarded port", did not pass`, "virtio-win", "the service sshd (OpenSSH)"},
			states: []string{"boot running", "boot failed"}},
		{guest: windowsSSH, changes: bySSH, want: []string{`"user \"packer\" can log in", did not pass`, "PasswordAuthentication yes"},
			states: []string{"boot running", "boot failed"}},
		{guest: panicking, want: []string{"the guest's kernel gave up", "Unable to mount root fs"},
			states: []string{"boot running", "boot failed"}},
		{guest: hangs, changes: map[string]any{"ssh_timeout": "2s"},
			want:   []string{"not ready within 2s", "detected stalls"},
			states: []string{"boot running", "boot failed"}},
		{guest: killed, want: []string{"QEMU ended by signal 9 (killed)", "dmesg", "Linux version 6.1"},
			states: []string{"boot running", "boot failed"}},
		{guest: stubborn, changes: short, want: []string{"did not power off within 300ms", "shutdown_timeout"},
			states: []string{"boot running", "boot done", "shutdown running", "shutdown failed"}},
		{guest: crashAtTheEnd, want: []string{"QEMU ended with exit code 1", "No space left on device"},
			states: []string{"boot running", "boot done", "shutdown running", "shutdown failed"}},
		{guest: goodGuest, want: []string{"script said no"}, states: []string{"boot running", "boot done"},
			hook: sayNo},
		{guest: goodGuest, want: []string{"the guest powered itself off"}, states: []string{"boot running", "boot done"},
			hook: run("poweroff")},
		{guest: goodGuest, want: []string{"file system of output_directory is full"},
			states: []string{"boot running", "boot done"}, hook: run("fill the disk")},
		{guest: goodGuest, want: []string{"QEMU ended by signal 9"}, states: []string{"boot running", "boot done"},
			hook: run("kill -9 $PPID")},
		{guest: wedged, changes: short, want: []string{"did not power off within 300ms"},
			states: []string{"boot running", "boot done", "shutdown running", "shutdown failed"}},
	} {
		t.Run(tc.guest, func(t *testing.T) {
			if tc.guest == wedged && testing.Short() {
				t.Skip("a QEMU that does not react is given seconds before it is killed")
			}
			changes := map[string]any{}
			for key, value := range tc.changes {
				changes[key] = value
			}
			if !slices.Contains([]string{deaf, mute, locked, hangs, winSilent, windowsSSH}, tc.guest) {
				delete(changes, "ssh_timeout") // only how long to wait in vain is short
			}
			b := newFakeBuild(t, tc.guest, changes)
			hook := tc.hook
			if hook == nil {
				hook = echo
			}
			artifact, err := b.builder.Run(t.Context(), b.ui, hook)
			if err == nil {
				t.Fatalf("got %v and no error", artifact)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("want %q in:\n%v", want, err)
				}
			}
			if diff := cmp.Diff(tc.states, b.states()); diff != "" {
				t.Error(diff)
			}
			for _, name := range b.left(t) {
				if name != machine.ConsoleFile {
					t.Errorf("%s was left behind", name)
				}
			}
			b.checkGone(t)
		})
	}
}

// A build is cancelled at each of its stages: it ends with the reason given, and leaves nothing.
func TestBuildCancelled(t *testing.T) {
	why := errors.New("cancelled by the user")
	for _, tc := range []struct{ name, guest, at string }{
		{"before anything", goodGuest, ""},
		{"QEMU does not open its socket", unmanageable, machine.MessageState + " boot"},
		{"while booting", deaf, machine.MessageConsole},
		{"while provisioning", goodGuest, "say provisioning"},
		{"while powering off", stubborn, machine.MessageState + " shutdown"},
		{"QEMU does not react", hung, "say provisioning"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.guest == hung && testing.Short() {
				t.Skip("a QEMU that does not react is given seconds before it is killed")
			}
			b := newFakeBuild(t, tc.guest, nil)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tc.at == "" {
				cancel(why)
			}
			b.ui.onLine = func(line string) {
				if tc.at != "" && strings.HasPrefix(line, tc.at) {
					cancel(why)
				}
			}
			hook := func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
				ui.Say("provisioning")
				if tc.guest == stubborn {
					return nil
				}
				_, err := command(ctx, comm, "sleep 20")
				return err
			}
			_, err := b.builder.Run(ctx, b.ui, hookFunc(hook))
			if !errors.Is(err, why) {
				t.Errorf("got %v, want %v", err, why)
			}
			for _, name := range b.left(t) {
				if name != machine.ConsoleFile {
					t.Errorf("%s was left behind", name)
				}
			}
			b.checkGone(t)
		})
	}
}

// After a reboot the guest is reached at the same port, as soon as its sshd is back.
func TestBuildWithReboot(t *testing.T) {
	b := newFakeBuild(t, goodGuest, nil)
	hook := func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
		if out, err := command(ctx, comm, "reboot"); err == nil {
			return errors.New("a reboot looks like an end in good order: " + out)
		}
		return echo(ctx, ui, comm)
	}
	if _, err := b.builder.Run(t.Context(), b.ui, hookFunc(hook)); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(b.ui.lines(), "say in the guest\n") {
		t.Errorf("the guest was not reached again: %q", b.ui.lines())
	}
}

// A guest with Windows: no seed disk, the login by WinRM as soon as that answers, and commands once PowerShell runs.
func TestBuildByWinRM(t *testing.T) {
	b := newFakeBuild(t, windows, map[string]any{"communicator": "winrm", "winrm_password": windowsPassword, "winrm_timeout": "1m"})
	hook := func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
		if slices.Contains(b.left(t), machine.SeedFile) {
			t.Error("the guest has a seed disk")
		}
		out, err := command(ctx, comm, "whoami")
		ui.Say(out)
		return err
	}
	if _, err := b.builder.Run(t.Context(), b.ui, hookFunc(hook)); err != nil {
		t.Fatal(err)
	}
	b.checkGone(t)
	for _, want := range []string{"say whoami", machine.MessageProgress + " boot | PowerShell runs | 4 | 5 | checks", machine.MessageProgress + " boot | ready | 5 | 5 | checks"} {
		if !slices.Contains(b.ui.lines(), want) {
			t.Errorf("want %q in %q", want, b.ui.lines())
		}
	}
}

// Windows by OpenSSH: by password, without a seed disk and without cloud-init; it is told to power off, by the same way.
func TestBuildWindowsBySSH(t *testing.T) {
	b := newFakeBuild(t, windowsSSH, map[string]any{"guest_os": "windows", "ssh_password": windowsPassword})
	hook := func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
		if slices.Contains(b.left(t), machine.SeedFile) {
			t.Error("the guest has a seed disk")
		}
		return echo(ctx, ui, comm)
	}
	if _, err := b.builder.Run(t.Context(), b.ui, hookFunc(hook)); err != nil {
		t.Fatal(err)
	}
	b.checkGone(t)
	for _, want := range []string{"say in the guest\n", machine.MessageProgress + " boot | ready | 5 | 5 | checks"} {
		if !slices.Contains(b.ui.lines(), want) {
			t.Errorf("want %q in %q", want, b.ui.lines())
		}
	}
}

// A guest whose kernel hangs while it boots, or is starved, is started again over a fresh disk.
func TestBuildAfterHang(t *testing.T) {
	for guest, line := range map[string]string{
		hangsOnce: strings.TrimSpace(stall), starvesOnce: "Kernel panic - not syncing: " + starvedText + "!",
	} {
		t.Run(guest, func(t *testing.T) {
			b := newFakeBuild(t, guest, nil)
			if _, err := b.builder.Run(t.Context(), b.ui, hookFunc(echo)); err != nil {
				t.Fatal(err)
			}
			b.checkGone(t)
			if diff := cmp.Diff([]string{"boot running", "boot done", "shutdown running", "shutdown done"}, b.states()); diff != "" {
				t.Error(diff)
			}
			want := fmt.Sprintf("error the guest's kernel hangs while it boots: %q; starting it again, with a fresh disk", line)
			if n := count(b.ui.lines(), want); n != 1 {
				t.Errorf("%q was told %d times in %q", want, n, b.ui.lines())
			}
			if !slices.Contains(b.ui.lines(), "say in the guest\n") {
				t.Error("the hook did not reach the guest")
			}
		})
	}
}

func count(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

func TestBuildShowsCloudInitErrors(t *testing.T) {
	b := newFakeBuild(t, uncleanCloud, nil)
	if _, err := b.builder.Run(t.Context(), b.ui, hookFunc(echo)); err != nil {
		t.Fatal(err)
	}
	if want := "error cloud-init: ('growpart', OSError)"; !slices.Contains(b.ui.lines(), want) {
		t.Errorf("want %q in %q", want, b.ui.lines())
	}
}

func TestBuildRefusesUsedFolder(t *testing.T) {
	b := newFakeBuild(t, goodGuest, nil)
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	disk := filepath.Join(b.dir, machine.DiskFile)
	if err := os.WriteFile(disk, []byte("another build's"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := b.builder.Run(t.Context(), b.ui, hookFunc(echo))
	if err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(disk); err != nil || string(text) != "another build's" {
		t.Errorf("the other build's disk: %q, %v", text, err)
	}
}
