package targettest_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/nspawn"
	"github.com/ingot-build/ingot/engine/target/qemu"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
	"github.com/ingot-build/ingot/translate/plan"
)

func TestMain(m *testing.M) {
	container.RunIfSupervisor()
	log.SetOutput(io.Discard) // where components of Packer write
	os.Exit(m.Run())
}

// TestBooting runs the same builds on all targets of this machine, and on the fake.
func TestBooting(t *testing.T) {
	tiny := func(t *testing.T) target.Disk { return target.Disk{Path: tinyguest.Disk(t), Format: "qcow2"} }
	for _, tt := range []struct {
		name string
		make func(t *testing.T) booting
	}{
		{"fake", func(t *testing.T) booting {
			path := filepath.Join(t.TempDir(), "base")
			if err := os.WriteFile(path, []byte("a base disk"), 0o444); err != nil {
				t.Fatal(err)
			}
			return booting{target: &targettest.Fake{}, base: target.Disk{Path: path, Format: "qcow2"}}
		}},
		{"fast", func(t *testing.T) booting {
			return booting{target: fast(t), base: tiny(t)}
		}},
		{"vm", func(t *testing.T) booting {
			tcg := func(context.Context) (string, string, error) { return "tcg", "it is the same everywhere", nil }
			return booting{target: &qemu.Target{Accel: tcg}, base: tiny(t), memory: true}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.make(t)
			b.machine = target.Machine{CPUs: 1, MemoryMiB: 256}
			b.registry = packercore.Registry{Builders: all.Builders(), Provisioners: all.Provisioners(), Linked: all.Linked()}
			if tt.name == "fake" {
				b.registry.Builders = map[string]func() packersdk.Builder{"ingot-qemu": func() packersdk.Builder { return &folderBuilder{} }}
			}
			b.run(t)
		})
	}
}

// fast is the target of containers; the test is skipped where none can run.
func fast(t *testing.T) target.Target {
	t.Helper()
	tgt := &nspawn.Target{Host: func(ctx context.Context) (string, []target.Problem) {
		way, problems := container.FindWay(ctx)
		var lacks []target.Problem
		for _, p := range problems {
			lacks = append(lacks, target.Problem(p))
		}
		return way.String(), lacks
	}}
	if lacks := tgt.Check(t.Context(), &plan.Plan{OS: plan.Linux}); len(lacks) > 0 {
		t.Skipf("no container runs here: %v", lacks)
	}
	return tgt
}

// sums are the checksums of the files below a folder.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
