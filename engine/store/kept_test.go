package store

import (
	"fmt"
	"os"
	"testing"
)

// TestKeep marks what a run has, and nothing else.
func TestKeep(t *testing.T) {
	ctx := t.Context()
	s := openTest(t, testDirs(t))
	first, second := startTest(t, s, "first").Run().ID, startTest(t, s, "second").Run().ID
	note := func(run, name string) {
		t.Helper()
		if _, err := s.Record(ctx, run, File, name); err != nil {
			t.Fatal(err)
		}
	}
	note(first, "/g/kept")
	note(second, "/g/other")
	if err := s.Keep(ctx, first, "ssh packer@127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	note(first, "/g/later")
	note(first, "/g/kept") // again
	entries, err := s.Entries(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"/g/kept": "ssh packer@127.0.0.1", "/g/other": "", "/g/later": ""}
	for _, e := range entries {
		if e.Kept != want[e.Name] {
			t.Errorf("%s is kept: %q, want %q", e.Name, e.Kept, want[e.Name])
		}
	}
	if len(entries) != len(want) {
		t.Errorf("entries %v", entries)
	}
	if err := s.Keep(ctx, first, ""); err == nil {
		t.Error("kept without a word how to get at it")
	}
	if err := s.Keep(ctx, second, "ssh packer@127.0.0.2"); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(ctx, first); err != nil {
		t.Fatal(err)
	}
	if entries, err = s.Entries(ctx, ""); err != nil {
		t.Fatal(err)
	}
	want = map[string]string{"/g/other": "ssh packer@127.0.0.2"}
	for _, e := range entries {
		if e.Kept != want[e.Name] {
			t.Errorf("after it was let go, %s is kept: %q, want %q", e.Name, e.Kept, want[e.Name])
		}
	}
}

// TestFirstVersionIsBroughtUpToDate: what an Ingot wrote that kept nothing is not kept.
func TestFirstVersionIsBroughtUpToDate(t *testing.T) {
	dirs := testDirs(t)
	if err := os.MkdirAll(dirs.State, 0o700); err != nil {
		t.Fatal(err)
	}
	execSQL(t, dirs.database(), migrations[0]+fmt.Sprintf(`
		INSERT INTO runs VALUES ('0badcafe', 'web', 'web.json', 'Failed', 'Building', '', 1, 2, 3);
		INSERT INTO ledger (run, kind, name, recorded) VALUES ('0badcafe', 'file', '/g/left', 1);
		PRAGMA application_id = %d; PRAGMA user_version = 1`, applicationID))
	entries, err := openTest(t, dirs).Entries(t.Context(), "0badcafe")
	if err != nil || len(entries) != 1 || entries[0].Name != "/g/left" || entries[0].Kept != "" {
		t.Errorf("%+v, %v", entries, err)
	}
}
