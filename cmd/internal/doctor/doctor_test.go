package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/plugins/qemu/accel"
)

// programs is a machine with the given programs, each with what it prints; "" is one that cannot run.
type programs map[string]string

func (p programs) look(name string) (string, error) {
	if _, ok := p[name]; !ok {
		return "", errors.New("not found")
	}
	return name, nil
}

func (p programs) Run(_ context.Context, c runcmd.Cmd) ([]byte, error) {
	if p[c.Path] == "" {
		return nil, &runcmd.ExitError{Program: c.Path, Code: 127, Stderr: "cannot open shared object file"}
	}
	return []byte(p[c.Path]), nil
}

func TestPrograms(t *testing.T) {
	for _, tt := range []struct {
		name     string
		programs programs
		want     Result
	}{
		{"there", programs{"qemu-img": "qemu-img version 7.2\nCopyright"}, Result{Status: OK, Found: "qemu-img version 7.2"}},
		{"absent", programs{}, Result{Status: Missing, Found: "qemu-img is not installed", Why: "it makes the build VM's disk", Fix: "apt-get install qemu-utils"}},
		{"broken", programs{"qemu-img": ""}, Result{Status: Missing, Found: "qemu-img does not run",
			Why: "qemu-img  exited with 127: cannot open shared object file", Fix: "apt-get install --reinstall qemu-utils"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := qemuImg(t.Context(), &Host{Runner: tt.programs, LookPath: tt.programs.look}); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// Nothing but some builds of Windows needs a TPM.
func TestTPMIsNoMust(t *testing.T) {
	for _, tt := range []struct {
		programs programs
		want     Status
	}{{programs{"swtpm": "TPM emulator version 0.7.1"}, OK}, {programs{}, Warn}, {programs{"swtpm": ""}, Warn}} {
		if got := tpm(t.Context(), &Host{Runner: tt.programs, LookPath: tt.programs.look}); got.Status != tt.want {
			t.Errorf("%v: got %+v", tt.programs, got)
		}
	}
}

func TestBootstrapToolsAreListedTogether(t *testing.T) {
	p := programs{"mke2fs": "", "sfdisk": "", "unshare": ""}
	got := bootstrapTools(t.Context(), &Host{LookPath: p.look})
	if got.Status != Warn || got.Fix != "apt-get install mmdebstrap mtools" {
		t.Errorf("got %+v", got)
	}
}

func TestAcceleration(t *testing.T) {
	for name, want := range map[string]Status{accel.KVM: OK, accel.TCG: Warn} {
		h := &Host{Accel: func(context.Context) accel.Result { return accel.Result{Name: name, Reason: "because"} }}
		if got := acceleration(t.Context(), h); got.Status != want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// A machine without containers builds all the same, and all that it lacks is named at once.
func TestFast(t *testing.T) {
	var lacks []target.Problem
	h := &Host{Containers: func(context.Context) (string, []target.Problem) { return "as root", lacks }}
	if got, want := fast(t.Context(), h), (Result{Status: OK, Found: "works, as root"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	lacks = []target.Problem{{What: "no a", Why: "it is for it", Fix: "apt-get install a"}, {What: "no b", Why: "it is for it"}}
	want := Result{Status: Warn, Found: "no a; no b", Why: "it is for it", Fix: "apt-get install a"}
	if got := fast(t.Context(), h); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMemory(t *testing.T) {
	for _, tt := range []struct {
		name, meminfo string
		want          Status
	}{
		{"plenty", "MemTotal: 1 kB\nMemAvailable:   24000000 kB\n", OK},
		{"little", "MemAvailable: 800000 kB\n", Warn},
		{"no such line", "MemTotal: 1 kB\n", Warn},
		{"no number", "MemAvailable: many kB\n", Warn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meminfo")
			if err := os.WriteFile(path, []byte(tt.meminfo), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := memory(t.Context(), &Host{MemInfo: path}); got.Status != tt.want {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	good := store.Dirs{State: filepath.Join(dir, "s"), Data: filepath.Join(dir, "d"), Cache: filepath.Join(dir, "c")}
	if got := folders(t.Context(), &Host{Dirs: good}); got.Status != OK {
		t.Errorf("got %+v", got)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", ".doctor*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := good
	bad.Data = filepath.Join(file, "d") // below a file there can be no folder, not even for root
	got := folders(t.Context(), &Host{Dirs: bad})
	if got.Status != Missing || !strings.Contains(got.Found, bad.Data) {
		t.Errorf("got %+v", got)
	}
}

func TestDiskSpaceOfFoldersNotYetMade(t *testing.T) {
	dir := t.TempDir()
	h := &Host{Dirs: store.Dirs{State: filepath.Join(dir, "a", "b"), Data: filepath.Join(dir, "c", "d")}}
	got := diskSpace(t.Context(), h)
	if strings.Count(got.Found, "free under") != 1 {
		t.Errorf("one file system is listed more than once, or not at all: %+v", got)
	}
}

func TestReady(t *testing.T) {
	if !Ready([]Result{{Status: OK}, {Status: Warn}}) {
		t.Error("a warning makes the machine unready")
	}
	if Ready([]Result{{Status: OK}, {Status: Missing}}) {
		t.Error("something missing leaves the machine ready")
	}
}
