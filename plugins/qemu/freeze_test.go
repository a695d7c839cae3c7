package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/internal/testtools/tinyguest"

	"github.com/ingot-build/ingot/plugins/machine"
)

// frozenGuest is a chain of layers that one guest left, with the key it lets in.
type frozenGuest struct {
	t   *testing.T
	dir string
	key string
}

// freezer is what package packercore sees of the communicator.
type freezer interface {
	Freeze(ctx context.Context, dir string, memory bool) ([]byte, error)
}

// freeze keeps the guest in a new layer, as the engine would.
func (g *frozenGuest) freeze(ctx context.Context, comm packersdk.Communicator, name string, memory bool) error {
	dir := g.layer(name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	facts, err := comm.(freezer).Freeze(ctx, dir, memory)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, machine.FactsFile), facts, 0o600)
}

func (g *frozenGuest) layer(name string) string { return filepath.Join(g.dir, name) }

// build runs a build over a base disk, or from a layer, and returns its disk and what was told.
func (g *frozenGuest) build(ctx context.Context, from string, changes map[string]any, hook hookFunc) (string, []string, error) {
	g.t.Helper()
	config := map[string]any{"source_disk": tinyguest.Disk(g.t), "memory": 256, "cpus": 1, "ssh_timeout": "5m"}
	if from != "" {
		config["layer"], config["ssh_private_key"] = g.layer(from), g.key
	}
	for name, value := range changes {
		config[name] = value
	}
	b, ui := prepared(g.t, config), newRecorder()
	artifact, err := b.Run(ctx, ui, hookFunc(func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
		g.key = string(b.(*Builder).config.comm.SSHPrivateKey)
		return hook(ctx, ui, comm)
	}))
	if err != nil {
		return "", ui.lines(), err
	}
	return artifact.Files()[0], ui.lines(), nil
}

// told reports whether a line begins with prefix.
func told(lines []string, prefix string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, prefix) })
}

const restored = machine.MessageState + " boot | done | " + wakeText

// want fails the build unless the command says want.
func want(ctx context.Context, comm packersdk.Communicator, text, want string) error {
	got, err := command(ctx, comm, text)
	if err == nil && strings.TrimSpace(got) != want {
		err = fmt.Errorf("%q says %q, want %q", text, got, want)
	}
	return err
}

// checkChain has qemu-img look at a disk and at all that it lies over.
func checkChain(t *testing.T, disk string, length int) {
	t.Helper()
	out, err := exec.Command("qemu-img", "info", "--backing-chain", "--output=json", disk).Output()
	if err != nil {
		t.Fatal(err)
	}
	var chain []struct {
		Filename string
		Backing  string `json:"backing-filename"`
		Format   string
	}
	if err := json.Unmarshal(out, &chain); err != nil {
		t.Fatal(err)
	}
	if len(chain) != length {
		t.Errorf("%s lies over %d disks, want %d: %+v", disk, len(chain)-1, length-1, chain)
	}
	for _, d := range chain {
		if d.Backing != "" && !filepath.IsAbs(d.Backing) {
			t.Errorf("%s names %s, which is found from one folder only", d.Filename, d.Backing)
		}
		if out, err := exec.Command("qemu-img", "check", "-q", d.Filename).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", d.Filename, err, out)
		}
	}
}

// A guest is kept three times, with its memory and without; each layer starts a guest that is what the first was then, and no more.
// Memory that is torn is told, and the layer's disk booted.
func TestFreezeAndRestore(t *testing.T) {
	tinyguest.Disk(t)
	g := &frozenGuest{t: t, dir: t.TempDir()}
	disk, said, err := g.build(t.Context(), "", nil, func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		return errors.Join(
			want(ctx, comm, "sudo -n date -u -s @1600000000 >/dev/null; date +%Y", "2020"), // and later it is today
			want(ctx, comm, "echo one >one; sh -c 'sleep 1000 & echo $! >pid'; cat one", "one"),
			g.freeze(ctx, comm, "1", true),
			want(ctx, comm, "cat one; echo two >two", "one"),
			g.freeze(ctx, comm, "2", true),
			want(ctx, comm, "rm one; echo three >three; dd if=/dev/urandom of=big bs=1M count=20 2>/dev/null; md5sum big >sum", ""),
			g.freeze(ctx, comm, "3", false),
			want(ctx, comm, "cat two three; md5sum -c sum", "two\nthree\nbig: OK"),
		)
	})
	if err != nil {
		t.Fatal(err, strings.Join(said, "\n"))
	}
	for _, line := range said {
		if strings.HasPrefix(line, "say Layer taken") {
			t.Log(line)
		}
	}
	checkChain(t, disk, 5)
	for _, name := range []string{"1", "2", "3"} {
		if _, err := os.Stat(filepath.Join(g.layer(name), stateFile)); (err == nil) != (name != "3") {
			t.Errorf("the memory of layer %s: %v", name, err)
		}
		checkPrivate(t, g.layer(name))
	}

	t.Run("with memory, twice at once, and once more kept", func(t *testing.T) {
		seen := make(chan string, 2)
		start := func(name string, hook hookFunc) chan error {
			done := make(chan error, 1)
			go func() {
				_, said, err := (&frozenGuest{t: t, dir: g.dir, key: g.key}).build(t.Context(), "1", map[string]any{"vm_name": name}, hook)
				if err == nil && !told(said, restored) {
					err = fmt.Errorf("it was not restored: %s", strings.Join(said, "\n"))
				}
				done <- err
			}()
			return done
		}
		same := func(ctx context.Context, comm packersdk.Communicator) error {
			random, err := command(ctx, comm, "head -c 16 /dev/urandom | md5sum")
			seen <- random
			return errors.Join(err, want(ctx, comm, "cat one; ls two; kill -0 $(cat pid) && echo runs", "one\nruns"), inTime(ctx, comm))
		}
		first := start("first", func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
			return errors.Join(same(ctx, comm), want(ctx, comm, "echo four >four", ""), g.freeze(ctx, comm, "4", true))
		})
		second := start("second", func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error { return same(ctx, comm) })
		if err := errors.Join(<-first, <-second); err != nil {
			t.Fatal(err)
		}
		if a, b := <-seen, <-seen; a == b {
			t.Errorf("two guests of one layer made the same random numbers: %s", a)
		}
		checkChain(t, filepath.Join(g.layer("4"), machine.DiskFile), 3)
	})

	t.Run("of a disk alone", func(t *testing.T) {
		_, said, err := g.build(t.Context(), "3", nil, func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
			return want(ctx, comm, "cat two three; md5sum -c sum; test ! -e one; kill -0 $(cat pid) 2>/dev/null || echo booted",
				"two\nthree\nbig: OK\nbooted")
		})
		if err != nil || told(said, restored) {
			t.Fatal(err, strings.Join(said, "\n"))
		}
	})
	t.Run("torn, and nobody noticed", func(t *testing.T) {
		g := g.copied(t, "2", func(f *facts, dir string) error {
			f.StateBytes /= 2
			return os.Truncate(filepath.Join(dir, stateFile), f.StateBytes)
		})
		_, said, err := g.build(t.Context(), "2", nil, func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
			return want(ctx, comm, "cat one two; test ! -e three", "one\ntwo")
		})
		if err != nil || told(said, restored) || !told(said, "error the layer's memory is not used, the guest boots from its disk: ") {
			t.Fatal(err, strings.Join(said, "\n"))
		}
	})
}

// copied is a guest of one layer, which damage has been at. The disk is the layer's own.
func (g *frozenGuest) copied(t *testing.T, name string, damage func(*facts, string) error) *frozenGuest {
	t.Helper()
	c := &frozenGuest{t: t, dir: t.TempDir(), key: g.key}
	if err := os.CopyFS(c.layer(name), os.DirFS(g.layer(name))); err != nil {
		t.Fatal(err)
	}
	f, err := readFacts(c.layer(name))
	if err == nil {
		err = damage(&f, c.layer(name))
	}
	text, err2 := json.Marshal(f)
	if err = errors.Join(err, err2, os.WriteFile(filepath.Join(c.layer(name), machine.FactsFile), text, 0o600)); err != nil {
		t.Fatal(err)
	}
	return c
}

// inTime is an error when the guest's clock is as far behind as that of the guest that was kept.
func inTime(ctx context.Context, comm packersdk.Communicator) error {
	text, err := command(ctx, comm, "date +%s")
	if err != nil {
		return err
	}
	there, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if off := time.Since(time.Unix(there, 0)); err == nil && off.Abs() > time.Hour {
		err = fmt.Errorf("the guest's clock is off by %s", off)
	}
	return err
}

// checkPrivate holds that nobody else can read what is in dir: secrets of the guest are in its memory.
func checkPrivate(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s in a layer is %v, %v", e.Name(), info.Mode(), err)
		}
	}
}
