package build_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// newVerifiedBench is a bench of containers alone, with VMs to verify their images in. Its base disk has a file system.
func newVerifiedBench(t *testing.T) *bench {
	t.Helper()
	b := newMovingBench(t, 0)
	b.moves, b.verify = false, true
	base := filepath.Join(b.root(), "base.raw")
	if err := os.Remove(base); err != nil {
		t.Fatal(err)
	}
	b.fileSystem(base, nil)
	return b
}

// fileSystem makes a disk of files, beside those that every one has.
func (b *bench) fileSystem(path string, files map[string]string) {
	b.t.Helper()
	root := filepath.Join(b.t.TempDir(), "root")
	all := map[string]string{
		"etc/hostname":        "one\n",
		"var/lib/dpkg/status": "Package: sudo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.9\n",
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	cmd := exec.Command("mke2fs", "-q", "-t", "ext4", "-d", root, "-E", "root_owner=0:0", path, "4M")
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if _, err := exec.LookPath("/usr/sbin/mke2fs"); err != nil {
		b.t.Skip("mke2fs is not on this machine (Debian package e2fsprogs)")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
}

// inVMsThereIs has VMs leave another disk than containers do.
func (b *bench) inVMsThereIs(files map[string]string) {
	raw := filepath.Join(b.root(), "other.raw")
	b.fileSystem(raw, files)
	b.at = func(where string) error {
		if where != "shutdown" || len(b.then.Staged) == 0 {
			return nil
		}
		disk := filepath.Join(b.then.Staged[len(b.then.Staged)-1].Dir, "disk.qcow2")
		if out, err := exec.Command("qemu-img", "convert", "-O", "qcow2", raw, disk).CombinedOutput(); err != nil {
			return errors.New(string(out))
		}
		return nil
	}
}

// newer is what dpkg knows of another version.
const newer = "Package: sudo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n"

// TestVerify builds in containers, and once more in VMs.
func TestVerify(t *testing.T) {
	for name, tt := range map[string]struct {
		set      func(b *bench)
		same     bool
		machines []string
		first    []string
		packages []string
		unread   string
		said     string
	}{
		"the same": {
			same: true, machines: []string{"boxes from the source", "machines from the source"},
			said: "verify: the VM made the same image",
		},
		"the same, without layers": {
			set: func(b *bench) { b.layers = build.LayerUse{} }, same: true, machines: []string{"boxes from the source", "machines from the source"},
		},
		"another file": {
			set:      func(b *bench) { b.inVMsThereIs(map[string]string{"etc/kernel": "6.1\n"}) },
			machines: []string{"boxes from the source", "machines from the source"}, first: []string{"/etc/kernel"},
			said: "verify: the VM made another image: ",
		},
		"another package": {
			set: func(b *bench) {
				b.inVMsThereIs(map[string]string{"var/lib/dpkg/status": newer})
			},
			machines: []string{"boxes from the source", "machines from the source"}, first: []string{"package sudo:amd64"},
			packages: []string{"sudo:amd64"},
		},
		"a disk that cannot be read": {
			set: func(b *bench) { b.rewriteBase(b.t) }, machines: []string{"boxes from the source", "machines from the source"},
			unread: "file system", said: "it could not be held against the container's",
		},
		"a build that moved": {
			set: func(b *bench) { b.moves = true; b.bind(2) }, same: true,
			machines: []string{"boxes from the source", "machines from a layer", "machines from the source"},
		},
		"a build that was in VMs alone": {
			set: func(b *bench) { b.moves = true; b.bind(1) }, machines: []string{"machines from the source"},
			said: "verify: nothing of the image was built in a container",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newVerifiedBench(t)
			if tt.set != nil {
				tt.set(b)
			}
			outputs, err := b.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.machines, b.machines()); diff != "" {
				t.Errorf("machines (-want +got):\n%s", diff)
			}
			if tt.said != "" && !b.said(tt.said) {
				t.Errorf("nothing says %q", tt.said)
			}
			if len(outputs) != len(b.plan.Destinations) {
				t.Errorf("outputs: %v", outputs)
			}
			v := b.result.Verified
			if v == nil {
				if strings.HasSuffix(name, "VMs alone") {
					return
				}
				t.Fatal("the result says nothing of it")
			}
			var first []string
			for _, d := range v.First {
				first = append(first, d.Path)
			}
			for _, want := range tt.first {
				if !slices.Contains(first, want) {
					t.Errorf("told are %v, and not %s", first, want)
				}
			}
			if v.Same != tt.same || !slices.Equal(v.Packages, tt.packages) || !strings.Contains(v.Unread, tt.unread) ||
				tt.unread == "" && v.Unread != "" {
				t.Errorf("verified: %+v", v)
			}
			if len(tt.packages) > 0 && first[0] != tt.first[0] {
				t.Errorf("packages come first: %v", first)
			}
			if b.layers.Mode == "" && b.layersLeft() > 0 {
				t.Error("layers are left")
			}
		})
	}
}

// TestVerifyShipsTheVMsImage: what is distributed is the disk that the VM left.
func TestVerifyShipsTheVMsImage(t *testing.T) {
	b := newVerifiedBench(t)
	b.inVMsThereIs(map[string]string{"etc/kernel": "made in a machine\n"})
	outputs, err := b.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range outputs {
		text, err := os.ReadFile(out.Path)
		if err != nil || !strings.Contains(string(text), "made in a machine") {
			t.Errorf("%s is not what the VM left (%v)", out.Path, err)
		}
	}
}

// TestVerifyAgain: the next build uses what containers made for the one, and what VMs made for the other.
func TestVerifyAgain(t *testing.T) {
	b := newVerifiedBench(t)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.again()
	b.target.Staged, b.then.Staged = nil, nil
	b.edit(3)
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"boxes from a layer", "machines from a layer"}, b.machines()); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
	if v := b.result.Verified; v == nil || !v.Same || v.Reused == nil || v.Reused.Steps != 2 {
		t.Errorf("verified: %+v", v)
	}
	b.again()
	b.target.Staged, b.then.Staged = nil, nil
	if _, err := b.run(t.Context()); err != nil || len(b.machines()) > 0 {
		t.Errorf("nothing changed, and %v were started (%v)", b.machines(), err)
	}
	if b.result.Verified != nil || !b.said("nothing of the image was built in a container") { // it is the VM's of the build before
		t.Errorf("verified: %+v", b.result.Verified)
	}
}

// TestVerifyFails: a build that fails in the VM fails, and a host without VMs is refused before anything runs.
func TestVerifyFails(t *testing.T) {
	b := newVerifiedBench(t)
	b.guest.Rules = []provtest.Rule{{Contains: "chmod +x /tmp/script_", Times: 4}, {Contains: "chmod +x /tmp/script_", Times: 1, Exit: 3}}
	_, err := b.run(t.Context())
	var failed *build.RunError
	if !errors.As(err, &failed) || !strings.Contains(failed.Problem.Why, "it did not fail in the container") {
		t.Errorf("ended with %v", err)
	}
	b = newVerifiedBench(t)
	b.then.Problems = []target.Problem{{What: "no QEMU", Why: "it is gone", Fix: "apt-get install"}}
	_, err = b.run(t.Context())
	var host *build.HostError
	if !errors.As(err, &host) || !strings.Contains(host.Fix, "--verify-in-vm") || len(b.machines()) > 0 {
		t.Errorf("ended with %#v", err)
	}
}
