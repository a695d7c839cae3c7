package store

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestHostID has many ask at once, and then again.
func TestHostID(t *testing.T) {
	dirs := Dirs{State: filepath.Join(t.TempDir(), "state")}
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			id, err := dirs.HostID()
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] || !hostIDShape.MatchString(id) {
			t.Fatalf("ids %q", ids)
		}
	}
	files, err := os.ReadDir(dirs.State)
	if err != nil || len(files) != 1 {
		t.Fatalf("the state folder has %v, %v; want the id alone", files, err)
	}
	info, err := files[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if other, err := (Dirs{State: t.TempDir()}).HostID(); err != nil || other == ids[0] {
		t.Errorf("another folder has %q, %v", other, err)
	}
}

func TestHostIDThatIsBroken(t *testing.T) {
	dirs := Dirs{State: t.TempDir()}
	if err := os.WriteFile(filepath.Join(dirs.State, "host-id"), []byte("me\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if id, err := dirs.HostID(); err == nil || !strings.Contains(err.Error(), "16 hex digits") {
		t.Errorf("got %q, %v; want a refusal", id, err)
	}
}
