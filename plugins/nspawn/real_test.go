package nspawn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	if lacks := container.Check(t.Context()); len(lacks) > 0 {
		t.Skipf("no container runs here: %v", lacks)
	}
	return path
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

func newBuild(t *testing.T, changes map[string]any) *build {
	t.Helper()
	builds++
	b := &build{t: t, dir: filepath.Join(t.TempDir(), "output"), name: fmt.Sprintf("ingot-test-%d-%d", os.Getpid(), builds),
		ui: &recorder{}, builder: New()}
	config := map[string]any{"source_disk": os.Getenv("INGOT_TEST_IMAGE"), "source_format": "qcow2", "output_directory": b.dir,
		"vm_name": b.name}
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
	if slices.Sort(names); !slices.Equal(got, names) {
		b.t.Errorf("left in the output directory: %q, want %q", got, names)
	}
	for _, p := range processes(b.name) {
		b.t.Errorf("process %s runs", p)
	}
}

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
	baseImage(t)
	b := newBuild(t, nil)
	artifact := b.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		for _, tc := range []struct{ what, command, want string }{
			{"user", "id -un", "packer"},
			{"root without a password", "sudo -n id -u", "0"},
			{"host name", "hostname", seed.Hostname},
			{"host keys", "ls /etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_ed25519_key"},
			{"note for waagent", "sudo grep -c '<wa:UserName>packer</wa:UserName>' /var/lib/waagent/ovf-env.xml", "1"},
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
		"ingot-console Welcome to Debian", "ingot-console [  OK  ] Reached target poweroff.target", "ingot-state shutdown | done", "The guest took "} {
		if !strings.Contains(b.ui.text(), want) {
			t.Errorf("%q was not told: %s", want, b.ui.text())
		}
	}
	t.Log(b.ui.text())
	b.checkLeft(machine.ConsoleFile, logFile, machine.DiskFile)
	checkWhole(t, artifact.Files()[0])
	again := newBuild(t, map[string]any{"source_disk": artifact.Files()[0]})
	again.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		_, err := command(ctx, comm, "cat /etc/made-by-a-step")
		return err
	})
}

// checkWhole has qemu-img look at a finished disk.
func checkWhole(t *testing.T, path string) {
	t.Helper()
	if out, err := machine.RunProgram(t.Context(), "qemu-img", "check", "-f", "qcow2", path); err != nil {
		t.Errorf("the disk is damaged: %v\n%s", err, out)
	}
}

// freezer is what the engine knows of a communicator that can keep its guest.
type freezer interface {
	Freeze(ctx context.Context, dir string, memory bool) ([]byte, error)
}

// keep freezes the guest into a new folder, as the engine does.
func keep(ctx context.Context, t *testing.T, comm packersdk.Communicator) (dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	facts, err := comm.(freezer).Freeze(ctx, dir, true)
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, machine.FactsFile), facts, 0o600)
}

// What was written before a layer is in it, and what was written after it is not.
func TestLayers(t *testing.T) {
	baseImage(t)
	var first, second, key string
	b := newBuild(t, map[string]any{"cpus": 1, "memory": 768, "firmware": "uefi"})
	b.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) (err error) {
		key = string(b.builder.(*Builder).config.comm.SSHPrivateKey)
		for i, dir := range []*string{&first, &second} {
			if _, err := command(ctx, comm, fmt.Sprintf("echo %d | sudo tee -a /etc/steps", i+1)); err != nil {
				return err
			}
			if *dir, err = keep(ctx, t, comm); err != nil {
				return err
			}
		}
		_, err = command(ctx, comm, "echo 3 | sudo tee -a /etc/steps")
		return err
	})
	t.Log(b.ui.text())
	b.checkLeft(machine.ConsoleFile, logFile, machine.DiskFile)
	for _, dir := range []string{first, second} {
		checkWhole(t, filepath.Join(dir, machine.DiskFile))
		text, err := os.ReadFile(filepath.Join(dir, machine.FactsFile))
		var f machine.Facts
		if err = errors.Join(err, json.Unmarshal(text, &f)); err != nil || f != machine.NewFacts("nspawn", 1, 768, "uefi") {
			t.Errorf("facts: %+v, %v", f, err)
		}
	}
	on := newBuild(t, map[string]any{"layer": first, "ssh_private_key": key})
	on.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		if got, err := command(ctx, comm, "cat /etc/steps"); err != nil || got != "1" {
			t.Errorf("in the first layer: %q, %v", got, err)
		}
		return nil
	})
	t.Log(on.ui.text())
	if strings.Contains(on.ui.text(), "OPENSSH") {
		t.Error("the key was told")
	}
	on.checkLeft(machine.ConsoleFile, logFile, machine.DiskFile)
}
