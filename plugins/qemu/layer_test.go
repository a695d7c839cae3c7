package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// The program that stirs a kernel's random numbers is one that Linux runs. It needs root, and says EPERM (1) to others.
func TestReseedProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reseed")
	if err := os.WriteFile(path, reseedProgram(), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
}

// A shell's printf gives back the bytes that octal was given.
func TestOctal(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	out, err := exec.Command("sh", "-c", "printf '"+octal(all)+"'").Output()
	if err != nil || string(out) != string(all) {
		t.Errorf("got %d bytes, %v", len(out), err)
	}
}

func TestMisfit(t *testing.T) {
	was := facts{QEMU: "7.2.22 (Debian 1)", Accelerator: accelKVM, HostCPU: "a (1)", Facts: machine.Facts{Firmware: machine.FirmwareUEFI},
		EFICode: "/code", EFISHA256: strings.Repeat("a", 64), Devices: strings.Repeat("b", 64)}
	if why := was.misfit(was); why != "" {
		t.Errorf("a machine does not fit itself: %s", why)
	}
	for _, tt := range []struct {
		name   string
		change func(*facts)
		want   string
	}{
		{"QEMU", func(f *facts) { f.QEMU = "7.2.22 (Debian 2)" }, "it is of another QEMU: 7.2.22 (Debian 1), and here is 7.2.22 (Debian 2)"},
		{"accelerator", func(f *facts) { f.Accelerator = accelTCG }, "it is of another accelerator: kvm, and here is tcg"},
		{"processor", func(f *facts) { f.HostCPU = "a (2)" }, "it is of another processor: a (1), and here is a (2)"},
		{"firmware", func(f *facts) { f.Firmware, f.EFICode = machine.FirmwareBIOS, "" }, "it is of another firmware: uefi /code, and here is bios"},
		{"its bytes", func(f *facts) { f.EFISHA256 = strings.Repeat("c", 64) },
			"it is of another version of the firmware: aaaaaaaa, and here is cccccccc"},
		{"devices", func(f *facts) { f.Devices = strings.Repeat("d", 64) }, "it is of another set of devices: bbbbbbbb, and here is dddddddd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := was
			tt.change(&now)
			if got := was.misfit(now); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// What differs from run to run is no part of the machine, and all else is.
func TestFingerprint(t *testing.T) {
	m := hardware{Name: "a", Board: "pc-q35-7.2", CPUs: 2, MemoryMiB: 1024, Accel: accelTCG, Port: 22, Seed: true}
	same := m
	same.Name, same.Incoming, same.Listen = "b", true, "127.0.0.1:2222"
	if m.fingerprint() != same.fingerprint() {
		t.Error("a name, or where the machine is reached, makes it another")
	}
	for name, change := range map[string]func(*hardware){
		"board": func(m *hardware) { m.Board = "pc-q35-8.0" }, "processors": func(m *hardware) { m.CPUs = 3 },
		"memory": func(m *hardware) { m.MemoryMiB++ }, "accelerator": func(m *hardware) { m.Accel = accelKVM },
		"seed": func(m *hardware) { m.Seed = false }, "firmware": func(m *hardware) { m.EFICode = "/code" },
	} {
		other := m
		if change(&other); other.fingerprint() == m.fingerprint() {
			t.Errorf("another %s makes no other machine", name)
		}
	}
}

func TestHostCPU(t *testing.T) {
	text := "processor\t: 0\nmodel name\t: Fast\nmicrocode\t: 0x1\ncpu MHz\t\t: 1000\nflags\t\t: a b\n\nprocessor\t: 1\nmodel name\t: Slow\n"
	got := hostCPU([]byte(text))
	if !strings.HasPrefix(got, "Fast (") {
		t.Errorf("got %q", got)
	}
	if again := hostCPU([]byte(strings.Replace(text, "1000", "2000", 1))); again != got {
		t.Errorf("a processor that is faster for a moment is another: %q and %q", again, got)
	}
	if other := hostCPU([]byte(strings.Replace(text, "a b", "a b c", 1))); other == got {
		t.Errorf("a processor with more features is the same: %q", got)
	}
}

// What another kind of machine left has a disk alone, whatever else it says.
func TestReadFactsOfAnotherKind(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{machine.DiskFile: "", machine.SeedFile: "",
		machine.FactsFile: `{"format": 1, "kind": "nspawn", "cpus": 3, "memoryMiB": 512, "firmware": "uefi", "state": "stream"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := readFacts(dir)
	if err != nil || f.State != "" || f.CPUs != 3 || f.MemoryMiB != 512 || f.Firmware != machine.FirmwareUEFI {
		t.Errorf("got %+v, %v", f, err)
	}
}

// fakeLayer is a layer that a fake guest can be started from.
func fakeLayer(t *testing.T, change func(*facts)) (dir, key string) {
	t.Helper()
	g := &frozenGuest{t: t, dir: t.TempDir()}
	b := newFakeBuild(t, goodGuest, map[string]any{"disk_size": "1G"})
	_, err := b.builder.Run(t.Context(), b.ui, hookFunc(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		g.key = string(b.builder.(*Builder).config.comm.SSHPrivateKey)
		return g.freeze(ctx, comm, "1", true)
	}))
	if err != nil {
		t.Fatal(err, strings.Join(b.ui.lines(), "\n"))
	}
	dir = g.layer("1")
	f, err := readFacts(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&f)
	text, err := json.Marshal(f)
	if err = errors.Join(err, os.WriteFile(filepath.Join(dir, machine.FactsFile), text, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir, g.key
}

// A guest that cannot be restored is started from the layer's disk, whatever it is that fails.
func TestRestoreGivesUp(t *testing.T) {
	same := func(*facts) {}
	for _, tt := range []struct {
		name, guest, why string
		change           func(*facts)
	}{
		{"all is well", goodGuest, "", same},
		{"memory that QEMU cannot read", badState, "load of migration failed", same},
		{"memory that QEMU calls bad", failedState, `QEMU says "failed": torn`, same},
		{"a guest that is dead", deadState, "the guest cannot go on", same},
		{"a QEMU that dies", killedState, "by signal 9", same},
		{"of another QEMU", goodGuest, "from its disk: it is of another QEMU: 6.0.0, and here is 7.2.0", func(f *facts) { f.QEMU = "6.0.0" }},
		{"too short", goodGuest, "from its disk: it has ", func(f *facts) { f.StateBytes++ }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, key := fakeLayer(t, tt.change)
			b := newFakeBuild(t, tt.guest, map[string]any{"layer": dir, "ssh_private_key": key})
			if _, err := b.builder.Run(t.Context(), b.ui, hookFunc(echo)); err != nil {
				t.Fatal(err, strings.Join(b.ui.lines(), "\n"))
			}
			b.checkGone(t)
			said := strings.Join(b.ui.lines(), "\n")
			if got := strings.Contains(said, wakeText); got != (tt.why == "") || !strings.Contains(said, tt.why) {
				t.Errorf("want %q in what was told:\n%s", tt.why, said)
			}
			if strings.Contains(said, "OPENSSH") {
				t.Error("the key was told")
			}
		})
	}
}

// Cancelled while memory is read, the build ends at once, and QEMU with it.
func TestRestoreCancelled(t *testing.T) {
	dir, key := fakeLayer(t, func(*facts) {})
	b := newFakeBuild(t, endlessState, map[string]any{"layer": dir, "ssh_private_key": key})
	stop := errors.New("stop it")
	ctx, cancel := context.WithCancelCause(t.Context())
	b.ui.onLine = func(line string) {
		if strings.Contains(line, "memory is read") {
			time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
		}
	}
	if _, err := b.builder.Run(ctx, b.ui, hookFunc(echo)); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	b.checkGone(t)
}

// Whatever fails while a guest is kept, it goes on, and so does its build.
func TestFreezeFails(t *testing.T) {
	for _, tt := range []struct {
		name, guest, why string
		state            bool // there are facts all the same
	}{
		{"QEMU takes no other disk", noOverlay, "make the guest's next disk", false},
		{"the guest's disk is not switched", noSwitch, "blockdev-snapshot", false},
		{"no room for memory", noRoom, "the guest's memory cannot be kept, only its disk", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newFakeBuild(t, tt.guest, nil)
			dir := t.TempDir()
			var facts []byte
			var failure error
			_, err := b.builder.Run(t.Context(), b.ui, hookFunc(func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
				facts, failure = comm.(freezer).Freeze(ctx, dir, true)
				return echo(ctx, ui, comm)
			}))
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(b.ui.lines(), "\n")
			if failure != nil {
				said += failure.Error()
			}
			if (failure == nil) != tt.state || !strings.Contains(said, tt.why) {
				t.Errorf("got %v, want %q in:\n%s", failure, tt.why, said)
			}
			if tt.state && strings.Contains(string(facts), `"state"`) {
				t.Errorf("facts tell of a state: %s", facts)
			}
			if _, err := os.Stat(filepath.Join(dir, stateFile)); err == nil {
				t.Error("half a state was left")
			}
			if !tt.state {
				if _, err := os.Stat(filepath.Join(dir, machine.DiskFile)); err == nil {
					t.Error("a disk was left")
				}
			}
			if diff := b.left(t); strings.Join(diff, " ") != machine.ConsoleFile+" "+machine.DiskFile {
				t.Errorf("left in the output directory: %q", diff)
			}
		})
	}
}

// Cancelled while memory is written, that is called off, and the guest goes on as long as it is there.
func TestFreezeCancelled(t *testing.T) {
	b := newFakeBuild(t, endlessState, nil)
	dir := t.TempDir()
	stop := errors.New("stop it")
	_, err := b.builder.Run(t.Context(), b.ui, hookFunc(func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
		ctx2, cancel := context.WithCancelCause(ctx)
		time.AfterFunc(300*time.Millisecond, func() { cancel(stop) })
		if _, err := comm.(freezer).Freeze(ctx2, dir, true); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
		return echo(ctx, ui, comm)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, stateFile)); err == nil {
		t.Error("half a state was left")
	}
}

// Guests that cannot be kept say so, before anything is done.
func TestFreezeRefused(t *testing.T) {
	for name, c := range map[string]*Config{"Windows": {GuestOS: guestWindows}, "a TPM": {TPM: true}} {
		v := newVM(c, newRecorder(), func(error) {})
		if _, err := v.metered(nil).Freeze(t.Context(), t.TempDir(), true); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
