package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAResourceHasOneHolder(t *testing.T) {
	ctx := t.Context()
	s := openTest(t, testDirs(t))
	first, second := startTest(t, s, "first"), startTest(t, s, "second")
	id1, id2 := first.Run().ID, second.Run().ID

	e1, err := s.Record(ctx, id1, File, "/g/web.vhd")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Record(ctx, id1, File, "/g/web.vhd")
	if diff := cmp.Diff(e1, again); err != nil || diff != "" {
		t.Errorf("noted twice: %v (-first +again):\n%s", err, diff)
	}
	var heldBy *HeldError
	if _, err := s.Record(ctx, id2, File, "/g/web.vhd"); !errors.As(err, &heldBy) || heldBy.Run != id1 {
		t.Errorf("noted by another live run: got %v, want held by %s", err, id1)
	}
	if _, err := s.Record(ctx, id2, Directory, "/g/web.vhd"); err != nil {
		t.Errorf("another kind of the same name: %v", err)
	}

	if err := first.Close(); err != nil { // dies without striking
		t.Fatal(err)
	}
	e2, err := s.Record(ctx, id2, File, "/g/web.vhd")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Strike(ctx, e1.ID); err != nil { // a cleaner that saw the dead run's entry comes late
		t.Error(err)
	}
	left, err := s.Entries(ctx, "")
	if err != nil || len(left) != 2 || left[1] != e2 {
		t.Errorf("entries %v, %v; want the second run's two", left, err)
	}
	if left, err := s.Entries(ctx, id1); err != nil || len(left) != 0 {
		t.Errorf("entries of the dead run: %v, %v", left, err)
	}
}

func TestRecordRefusesNonsense(t *testing.T) {
	s := openTest(t, testDirs(t))
	id := startTest(t, s, "web").Run().ID
	for _, tt := range []struct {
		name, run string
		kind      Kind
		value     string
	}{
		{"relative path", id, File, "x/y"},
		{"unclean path", id, Directory, "/x/../y"},
		{"short token", id, Process, "qemu"},
		{"token with a space", id, Process, "ingot 3f2a9c1e"},
		{"unknown kind", id, "vm", "/x"},
		{"no such run", "00000000", File, "/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if e, err := s.Record(t.Context(), tt.run, tt.kind, tt.value); err == nil {
				t.Errorf("recorded %+v", e)
			}
		})
	}
}

func TestStrays(t *testing.T) {
	ctx := t.Context()
	dirs := testDirs(t)
	s := openTest(t, dirs)
	live, dead, deadNoted := startTest(t, s, "live"), startTest(t, s, "dead"), startTest(t, s, "noted")
	staging := func(id string) string { return filepath.Join(dirs.Staging(), id) }
	if _, err := s.Record(ctx, deadNoted.Run().ID, Directory, staging(deadNoted.Run().ID)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(dead.Close(), deadNoted.Close()); err != nil {
		t.Fatal(err)
	}
	unknownRun, unknownStaging := filepath.Join(dirs.Runs(), "0badcafe"), staging("0badcafe")
	for _, d := range []string{
		staging(live.Run().ID), staging(dead.Run().ID), staging(deadNoted.Run().ID), unknownRun, unknownStaging,
		filepath.Join(dirs.Runs(), "notes"), staging("3F2A9C1E"),
	} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/", staging("aaaaaaaa")); err != nil {
		t.Fatal(err)
	}
	got, err := s.Strays(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{unknownRun, unknownStaging, staging(dead.Run().ID)}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("strays (-want +got):\n%s", diff)
	}

	// The database is moved away under a live run: its folder is still held, the dead runs' folders are strays now.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(dirs.database() + suffix); err != nil {
			t.Fatal(err)
		}
	}
	got, err = openTest(t, dirs).Strays(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, dead.Run().Dir, deadNoted.Run().Dir, staging(deadNoted.Run().ID))
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("strays without a database (-want +got):\n%s", diff)
	}
}

// sorted gives a line for each path.
func sorted(paths []string) string { return strings.Join(slices.Sorted(slices.Values(paths)), "\n") }
