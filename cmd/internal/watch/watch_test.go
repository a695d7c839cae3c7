package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/service"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// TestWait holds which changes are told, and that no other is.
func TestWait(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, dir string)
		want   []string // below the folder
	}{
		{"written", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "web.json"), "2") }, []string{"web.json"}},
		{"written anew and renamed, as editors do", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, ".web.json.swp"), "2")
			rename(t, filepath.Join(dir, ".web.json.swp"), filepath.Join(dir, "web.json"))
		}, []string{"web.json"}},
		{"removed", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "setup.sh")); err != nil {
				t.Fatal(err)
			}
		}, []string{"setup.sh"}},
		{"two at once", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "web.json"), "2")
			write(t, filepath.Join(dir, "setup.sh"), "2")
		}, []string{"setup.sh", "web.json"}},
		{"what a link leads to", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "real", "app.conf"), "2") }, []string{"link.conf"}},
		{"a folder that was not there", func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "new", "scripts"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, []string{"new/scripts/later.sh"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "web.json"), "1")
			write(t, filepath.Join(dir, "setup.sh"), "1")
			write(t, filepath.Join(dir, "other.txt"), "1")
			if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "real", "app.conf"), "1")
			if err := os.Symlink("real/app.conf", filepath.Join(dir, "link.conf")); err != nil {
				t.Fatal(err)
			}
			w, err := New()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			var names []string
			for _, name := range []string{"web.json", "setup.sh", "link.conf", "new/scripts/later.sh"} {
				names = append(names, filepath.Join(dir, name))
			}
			if err := w.Files(names); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "other.txt"), "2") // concerns nobody
			tt.change(t, dir)
			got, err := w.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i, name := range got {
				got[i], _ = filepath.Rel(dir, name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("changed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWaitEnds holds that what concerns nobody wakes nobody, and that Wait ends with its context and with Close.
func TestWaitEnds(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "web.json")
	write(t, name, "1")
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Files([]string{name}); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "other.json"), "1")
	if err := os.Chmod(name, 0o400); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*quiet)
	defer cancel()
	if got, err := w.Wait(ctx); got != nil || err != nil {
		t.Errorf("Wait gave %q, %v; nothing it watches has changed", got, err)
	}
	time.AfterFunc(quiet, func() { _ = w.Close() })
	if _, err := w.Wait(t.Context()); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Wait after Close gave %v, want %v", err, fs.ErrClosed)
	}
}

// TestFilesAnew holds that files of an earlier call are let go.
func TestFilesAnew(t *testing.T) {
	before, after := t.TempDir(), t.TempDir()
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, dir := range []string{before, after} {
		if err := w.Files([]string{filepath.Join(dir, "web.json")}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{after}, w.events.WatchList()); diff != "" {
		t.Errorf("folders that are watched (-want +got):\n%s", diff)
	}
}

func TestExplain(t *testing.T) {
	var host *service.HostError
	if err := explain(syscall.ENOSPC); !errors.As(err, &host) {
		t.Errorf("explain gave %v, want a HostError", err)
	}
}
