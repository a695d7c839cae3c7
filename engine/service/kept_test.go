package service_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/targettest"
)

// TestWhatIsKeptStays: the next run takes away what a dead one left, but not what it was to keep; Clean takes both.
func TestWhatIsKeptStays(t *testing.T) {
	s, dirs := newService(t, &targettest.Fake{})
	st, err := store.Open(t.Context(), dirs)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	folder := func(name string, keep bool) string {
		active, err := st.Start(t.Context(), store.Run{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		defer active.Close()
		dir := filepath.Join(dirs.Staging(), active.Run().ID)
		if _, err := st.Record(t.Context(), active.Run().ID, store.Directory, dir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if keep {
			if err := st.Keep(t.Context(), active.Run().ID, "ssh packer@127.0.0.1"); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	there := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	kept, left := folder("kept", true), folder("left", false)
	_, _ = s.Build(t.Context(), service.BuildRequest{Plan: debianPlan(), TemplateFile: "web.json"}, func(events.Event) {})
	if !there(kept) || there(left) {
		t.Errorf("after the next run: what was to be kept is there: %t; what was left is there: %t", there(kept), there(left))
	}
	gone, err := s.Clean(t.Context())
	if err != nil || len(gone) != 1 || gone[0].Entry.Name != kept || there(kept) {
		t.Errorf("clean took %+v, %v", gone, err)
	}
}
