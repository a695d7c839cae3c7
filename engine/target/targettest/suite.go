// Package targettest is what every target must hold to, and a fake target that holds to it too. Because the fake passes the same
// suite, tests elsewhere may trust it. The second half of the suite has machines run, which takes builders: it is among the tests here.
package targettest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Run checks a target. newTarget is called once a test; it must need nothing of the host beyond a file system.
func Run(t *testing.T, newTarget func(t *testing.T) target.Target) {
	t.Run("info names the target and its builder", func(t *testing.T) {
		if info := newTarget(t).Info(); info.Name == "" || info.Builder == "" {
			t.Errorf("Info() = %+v, want both fields set", info)
		}
	})
	t.Run("everything is recorded before it is created", func(t *testing.T) {
		r := NewRequest(t)
		r.Record = func(_ context.Context, kind store.Kind, name string) error {
			if kind != store.Directory && kind != store.File {
				return nil
			}
			if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s %s was there before it was recorded (%v)", kind, name, err)
			}
			return nil
		}
		if _, err := newTarget(t).Stage(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("nothing is created when the ledger cannot be written", func(t *testing.T) {
		r := NewRequest(t)
		full := errors.New("disk full")
		r.Record = func(context.Context, store.Kind, string) error { return full }
		if _, err := newTarget(t).Stage(t.Context(), r); !errors.Is(err, full) {
			t.Errorf("Stage() error = %v, want %v", err, full)
		}
		if _, err := os.Stat(r.Dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("staging directory %s was made (%v)", r.Dir, err)
		}
	})
	t.Run("the build does not need the base disk's first name", func(t *testing.T) {
		r := NewRequest(t)
		staged, err := newTarget(t).Stage(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(r.Base.Path); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(staged.Vars["source_disk"]); err != nil {
			t.Errorf("base disk is gone with its first name: %v", err)
		}
	})
	t.Run("a base disk that is gone is an error", func(t *testing.T) {
		r := NewRequest(t)
		if err := os.Remove(r.Base.Path); err != nil {
			t.Fatal(err)
		}
		if _, err := newTarget(t).Stage(t.Context(), r); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Stage() error = %v, want one that says the disk does not exist", err)
		}
	})
	t.Run("collect finds no disk where the builder left none", func(t *testing.T) {
		tgt := newTarget(t)
		staged, err := tgt.Stage(t.Context(), NewRequest(t))
		if err != nil {
			t.Fatal(err)
		}
		if disk, err := tgt.Collect(t.Context(), staged); err == nil {
			t.Errorf("Collect() = %+v, want an error", disk)
		}
	})
}

// NewRequest makes a request with a base disk of its own, a staging directory that does not exist yet, and a ledger that accepts
// everything.
func NewRequest(t *testing.T) target.Request {
	t.Helper()
	root := t.TempDir()
	base := filepath.Join(root, "base.qcow2")
	if err := os.WriteFile(base, []byte("a base disk"), 0o444); err != nil {
		t.Fatal(err)
	}
	return target.Request{
		RunID:  "0badcafe",
		Dir:    filepath.Join(root, "staging", "0badcafe"),
		Plan:   &plan.Plan{Name: "web", OS: plan.Linux},
		Base:   target.Disk{Path: base, Format: "qcow2", VirtualSize: 1 << 30},
		Record: func(context.Context, store.Kind, string) error { return nil },
	}
}
