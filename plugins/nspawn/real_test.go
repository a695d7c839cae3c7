package nspawn

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

func TestMain(m *testing.M) {
	container.RunIfSupervisor()
	log.SetOutput(io.Discard) // the SDK logs each SSH session
	os.Exit(m.Run())
}

// baseImage is the disk that the tests with a real container start from.
func baseImage(t *testing.T) string {
	t.Helper()
	path := os.Getenv("INGOT_TEST_IMAGE")
	if path == "" {
		t.Skip("INGOT_TEST_IMAGE is not set: it is the path of a bootable Debian cloud image (qcow2 with cloud-init and sshd)")
	}
	needContainers(t)
	return path
}

// tinyDisk is a disk that is up at once, for what systemd has no part in.
func tinyDisk(t *testing.T) string {
	t.Helper()
	needContainers(t)
	return tinyguest.Disk(t)
}

func needContainers(t *testing.T) {
	t.Helper()
	if lacks := container.Check(t.Context()); len(lacks) > 0 {
		t.Skipf("no container runs here: %v", lacks)
	}
}

// recorder is a Ui that keeps everything it is told.
type recorder struct {
	packersdk.MockUi // for what the builder never calls
	onLine           func(string)

	mu   sync.Mutex
	said []string
}

func (r *recorder) add(line string) {
	r.mu.Lock()
	r.said = append(r.said, line)
	r.mu.Unlock()
	if r.onLine != nil {
		r.onLine(line)
	}
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.said, "\n")
}

func (r *recorder) Say(text string)   { r.add("say " + text) }
func (r *recorder) Error(text string) { r.add("error " + text) }
func (r *recorder) Machine(category string, args ...string) {
	r.add(category + " " + strings.Join(args, " | "))
}

func (r *recorder) TrackProgress(_ string, _, _ int64, stream io.ReadCloser) io.ReadCloser {
	return stream
}

// hookFunc is what happens instead of provisioners.
type hookFunc func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error

func (f hookFunc) Run(ctx context.Context, name string, ui packersdk.Ui, comm packersdk.Communicator, _ any) error {
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
	return strings.TrimSpace(out.String()), nil
}

// build is one over the base image, in a folder that nothing may be left in but what is said.
type build struct {
	t       *testing.T
	dir     string
	name    string
	ui      *recorder
	builder packersdk.Builder
}

var builds int

func newBuild(t *testing.T, disk string, changes map[string]any) *build {
	t.Helper()
	builds++
	b := &build{t: t, dir: filepath.Join(t.TempDir(), "output"), name: fmt.Sprintf("ingot-test-%d-%d", os.Getpid(), builds),
		ui: &recorder{}, builder: New()}
	config := map[string]any{"source_disk": disk, "source_format": "qcow2", "output_directory": b.dir, "vm_name": b.name}
	maps.Copy(config, changes)
	if _, warnings, err := b.builder.Prepare(config); err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return b
}

func (b *build) run(ctx context.Context, hook hookFunc) (packersdk.Artifact, error) {
	artifact, err := b.builder.Run(ctx, b.ui, hook)
	if err != nil {
		b.t.Logf("%v\n%s", err, b.ui.text())
	}
	return artifact, err
}

// must is run for a build that has to succeed.
func (b *build) must(hook hookFunc) packersdk.Artifact {
	b.t.Helper()
	artifact, err := b.run(b.t.Context(), hook)
	if err != nil {
		b.t.Fatal(err)
	}
	return artifact
}

// checkLeft compares what is in the output directory, and looks for processes.
func (b *build) checkLeft(names ...string) {
	b.t.Helper()
	var got []string
	entries, err := os.ReadDir(b.dir)
	if err != nil && !os.IsNotExist(err) {
		b.t.Error(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
		b.t.Errorf("left in the output directory: %q, want %q", got, want)
	}
	for _, p := range processes(b.name) {
		b.t.Errorf("process %s runs", p)
	}
}

// leftLogs is what stays of a build that failed.
var leftLogs = []string{machine.ConsoleFile, logFile}

// leftDisk is what stays of one that did not.
var leftDisk = append([]string{machine.DiskFile}, leftLogs...)

// processes are those with a word of their command line equal to name.
func processes(name string) (all []string) {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		if slices.Contains(strings.Split(string(text), "\x00"), name) {
			all = append(all, filepath.Base(filepath.Dir(path)))
		}
	}
	return all
}

// The seed is obeyed, what steps write is on the disk that comes out, and the disk is whole.
func TestBuild(t *testing.T) {
	b := newBuild(t, baseImage(t), nil)
	artifact := b.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		for _, tc := range []struct{ what, command, want string }{
			{"user", "id -un", "packer"},
			{"root without a password", "sudo -n id -u", "0"},
			{"host name", "hostname", seed.Hostname},
			{"host keys", "ls /etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_ed25519_key"},
			{"note for waagent", "sudo grep -c '<wa:UserName>packer</wa:UserName>' /var/lib/waagent/ovf-env.xml", "1"},
			{"flushing", `python3 -c "import os; os.fsync(99)" 2>/dev/null && echo left to the host || echo done`, "left to the host"},
			{"systemd", "systemctl is-system-running --wait", "running"},
		} {
			got, err := command(ctx, comm, tc.command)
			if err != nil || got != tc.want {
				t.Errorf("%s: got %q, %v, want %q", tc.what, got, err, tc.want)
			}
		}
		_, err := command(ctx, comm, "echo made | sudo tee /etc/made-by-a-step")
		return err
	})
	if got := artifact.BuilderId(); got != BuilderID {
		t.Errorf("made by %s", got)
	}
	for _, want := range []string{"ingot-state boot | running | container", "ingot-state boot | done | a container, up in ",
		"ingot-progress boot | sshd answers on the forwarded port | 0 | 3 | checks",
		"ingot-console Welcome to Debian", "ingot-console [  OK  ] Reached target poweroff.target",
		"ingot-state shutdown | done", "The guest took "} {
		if !strings.Contains(b.ui.text(), want) {
			t.Errorf("%q was not told: %s", want, b.ui.text())
		}
	}
	b.checkLeft(leftDisk...)
	checkWhole(t, artifact.Files()[0])
}

// checkWhole has qemu-img look at a finished disk.
func checkWhole(t *testing.T, path string) {
	t.Helper()
	if out, err := machine.RunProgram(t.Context(), "qemu-img", "check", "-f", "qcow2", path); err != nil {
		t.Errorf("the disk is damaged: %v\n%s", err, out)
	}
}
