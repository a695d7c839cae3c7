package nspawn

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/communicator/sshkey"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// guestRuns is a hook that runs commands one after the other.
func guestRuns(texts ...string) hookFunc {
	return func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		for _, text := range texts {
			if _, err := command(ctx, comm, text); err != nil {
				return err
			}
		}
		return nil
	}
}

// A guest that goes away in the middle of a step ends the build with the reason, and nothing of it stays.
func TestGuestGoesAway(t *testing.T) {
	disk := tinyDisk(t)
	for _, tt := range []struct {
		name string
		hook func(*build) hookFunc
		want string
	}{
		{"powers itself off", func(*build) hookFunc { return guestRuns("sudo poweroff; sleep 60") }, "the guest powered itself off"},
		{"is killed", func(b *build) hookFunc {
			return func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
				if err := syscall.Kill(containerPID(b), syscall.SIGKILL); err != nil {
					return err
				}
				_, err := command(ctx, comm, "sleep 60")
				return err
			}
		}, "the container's supervisor ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBuild(t, disk, nil)
			if _, err := b.run(t.Context(), tt.hook(b)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			b.checkLeft(leftLogs...)
		})
	}
}

// containerPID is the number of the container's first process.
func containerPID(b *build) int {
	b.t.Helper()
	all := processes(b.name)
	if len(all) == 0 {
		b.t.Fatal("no container runs")
	}
	pid, err := strconv.Atoi(all[0])
	if err != nil {
		b.t.Fatal(err)
	}
	return pid
}

// A guest that reboots is waited for, and the build goes on.
func TestGuestReboots(t *testing.T) {
	b := newBuild(t, tinyDisk(t), nil)
	b.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		if _, err := command(ctx, comm, "echo before | sudo tee /etc/steps; sudo touch /run/before"); err != nil {
			return err
		}
		_, _ = command(ctx, comm, "sudo reboot; sleep 60") // the connection ends in it
		got, err := command(ctx, comm, "cat /etc/steps; ls /run/before 2>/dev/null || echo anew")
		if err == nil && got != "before\nanew" {
			t.Errorf("after the reboot: %q", got)
		}
		return err
	})
	b.checkLeft(leftDisk...)
}

// An image that nobody answers from, or that is none, is told by what is wrong with it.
func TestUnusableImages(t *testing.T) {
	tiny := tinyDisk(t)
	dir := t.TempDir()
	noise := filepath.Join(dir, "noise.raw")
	if err := os.WriteFile(noise, []byte(strings.Repeat("no file system. ", 1<<17)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		disk    string
		changes map[string]any
		want    string
	}{
		{"not there", filepath.Join(dir, "gone.qcow2"), nil, "source_disk cannot be used"},
		{"no file system", noise, map[string]any{"source_format": "raw"}, "no root file system is on the disk"},
		{"another format", noise, nil, "not in qcow2 format"},
		{"smaller than it is", tiny, map[string]any{"disk_size": "1M"}, "a disk can only grow"},
		{"a layer without facts", tiny, map[string]any{"layer": dir, "ssh_private_key": testKey(t)}, "facts.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBuild(t, tt.disk, tt.changes)
			_, err := b.run(t.Context(), guestRuns("true"))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(filepath.Join(b.dir, machine.DiskFile)); err == nil {
				t.Error("a disk was left")
			}
			if left := processes(b.name); len(left) > 0 {
				t.Errorf("processes %q run", left)
			}
		})
	}
}

// testKey is one that no guest knows.
func testKey(t *testing.T) string {
	t.Helper()
	pair, err := sshkey.GeneratePair(sshkey.ED25519, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(pair.Private)
}

// A guest without sshd, and one that does not know the key, are told apart, with what to look at.
func TestNobodyGetsIn(t *testing.T) {
	disk := tinyDisk(t)
	deaf := newBuild(t, disk, nil).must(guestRuns("sudo mv /usr/sbin/dropbear /usr/sbin/nobody")).Files()[0]
	var layer string
	newBuild(t, disk, nil).must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) (err error) {
		layer, err = keep(ctx, t, comm)
		return err
	})
	for _, tt := range []struct {
		name    string
		disk    string
		changes map[string]any
		want    string
	}{
		{"no sshd", deaf, map[string]any{"ssh_timeout": "1s"}, `"sshd answers on the forwarded port", did not pass`},
		{"another key", disk, map[string]any{"layer": layer, "ssh_private_key": testKey(t), "ssh_timeout": "6s"},
			"the layer's guest knows another key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBuild(t, tt.disk, tt.changes)
			_, err := b.run(t.Context(), guestRuns("true"))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "container was not ready within ") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			b.checkLeft(leftLogs...)
		})
	}
}

// Cancelled wherever it is, a build ends with the cause, and nothing of it stays.
func TestCancelled(t *testing.T) {
	disk := tinyDisk(t)
	for _, at := range []string{
		"ingot-state boot | running", "say Creating temporary", "say Using SSH communicator", "ingot-progress boot | sshd answers",
		"ingot-progress boot | user", "say provisioning", "say freezing", "ingot-state shutdown | running",
	} {
		t.Run(at, func(t *testing.T) {
			b := newBuild(t, disk, nil)
			why := errors.New("cancelled by the user")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			b.ui.onLine = func(line string) {
				if strings.HasPrefix(line, at) {
					cancel(why)
				}
			}
			_, err := b.run(ctx, func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
				if ui.Say("freezing"); ctx.Err() == nil || at == "say freezing" {
					_, _ = keep(ctx, t, comm)
				}
				ui.Say("provisioning")
				if !strings.HasPrefix(at, "say ") {
					return nil
				}
				_, err := command(ctx, comm, "sleep 60")
				return err
			})
			if !errors.Is(err, why) {
				t.Errorf("got %v, want %v", err, why)
			}
			left := leftLogs
			if _, err := os.Stat(b.dir); os.IsNotExist(err) || len(processes(b.name)) == 0 && !machine.IsFile(filepath.Join(b.dir, logFile)) {
				left = nil // it did not come to a container
			}
			b.checkLeft(left...)
		})
	}
}

// With on-error "abort" the container in which a step failed goes on running, the way in works, and SIGTERM ends it.
func TestAborted(t *testing.T) {
	b := newBuild(t, tinyDisk(t), map[string]any{"packer_on_error": "abort"})
	_, err := b.run(t.Context(), guestRuns("echo here >/tmp/look", "false"))
	if err == nil || !strings.Contains(err.Error(), "exited with 1") {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(filepath.Join(b.dir, machine.KeptFile))
	var kept machine.Kept
	if err = errors.Join(err, json.Unmarshal(text, &kept)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(kept.PID, syscall.SIGKILL)
		if err := container.Remove(b.name); err != nil { // whoever keeps a container removes its empty control groups
			t.Error(err)
		}
	})
	if kept.Name != b.name || kept.PID != containerPID(b) || kept.User != "packer" || kept.Disk != filepath.Join(b.dir, machine.DiskFile) {
		t.Errorf("kept %+v", kept)
	}
	if out, err := exec.Command("sh", "-c", kept.Command+" cat /tmp/look").CombinedOutput(); err != nil || string(out) != "here\n" {
		t.Errorf("%s: %q, %v", kept.Command, out, err)
	}
	if !strings.Contains(b.ui.text(), kept.Command) {
		t.Error("the way in is not said")
	}
	if err := syscall.Kill(kept.PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); len(processes(b.name)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the container does not end")
		}
	}
}

// What cannot be logged in to is not kept running: of a cancelled build, and of a guest that is off, only the disk stays.
func TestAbortedWithoutContainer(t *testing.T) {
	disk := tinyDisk(t)
	for _, tt := range []struct{ name, command string }{{"off", "sudo poweroff; sleep 60"}, {"cancelled", "sleep 60"}} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBuild(t, disk, map[string]any{"packer_on_error": "abort"})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := b.run(ctx, func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
				if tt.name == "cancelled" {
					cancel()
				}
				_, err := command(ctx, comm, tt.command)
				return err
			})
			if want := map[string]string{"off": "the guest powered itself off", "cancelled": "context canceled"}[tt.name]; err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
			if !strings.Contains(b.ui.text(), "Kept for a look inside: "+filepath.Join(b.dir, machine.DiskFile)) {
				t.Errorf("where the disk is was not said: %s", b.ui.text())
			}
			b.checkLeft(leftDisk...)
		})
	}
}

// A file system of this host that is full ends the build, and says what is full. No layer is made of what is left, and that none was made
// is not forgotten at the end.
func TestFullDisk(t *testing.T) {
	disk := tinyDisk(t)
	for _, tt := range []struct {
		name string
		then func(ctx context.Context, comm packersdk.Communicator) error
	}{
		{"at the end", func(context.Context, packersdk.Communicator) error { return nil }},
		{"before a layer", func(ctx context.Context, comm packersdk.Communicator) error {
			for range 2 {
				if _, err := keep(ctx, t, comm); err == nil || !strings.Contains(err.Error(), "full") {
					t.Errorf("a layer was made, or: %v", err)
				}
			}
			return nil // as the engine does: a layer is worth no build
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			small := smallDisk(t, "24m")
			b := newBuild(t, disk, map[string]any{"output_directory": filepath.Join(small, "output")})
			b.dir = filepath.Join(small, "output")
			_, err := b.run(t.Context(), func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
				_, err := command(ctx, comm, "sudo dd if=/dev/urandom of=/home/large bs=1M count=64; true")
				return errors.Join(err, tt.then(ctx, comm))
			})
			if err == nil || !strings.Contains(err.Error(), "full") {
				t.Errorf("got %v, want it to say that it is full", err)
			}
			b.checkLeft(leftLogs...)
		})
	}
}

// smallDisk is a folder on a file system of that size.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("small", dir, "tmpfs", 0, "mode=700,size="+size); err != nil {
		t.Skipf("no file system can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}
