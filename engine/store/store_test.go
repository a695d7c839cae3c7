package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
)

// testDirs are three folders in a fresh place whose name would break a careless database URL.
func testDirs(t *testing.T) Dirs {
	t.Helper()
	base := filepath.Join(t.TempDir(), "a b?c#d%20e&f=g")
	return Dirs{State: filepath.Join(base, "state"), Data: filepath.Join(base, "data"), Cache: filepath.Join(base, "cache")}
}

func openTest(t *testing.T, dirs Dirs) *Store {
	t.Helper()
	s, err := Open(t.Context(), dirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func startTest(t *testing.T, s *Store, name string) *ActiveRun {
	t.Helper()
	a, err := s.Start(t.Context(), Run{Name: name, TemplateFile: name + ".json"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func TestARunIsRememberedAsItWas(t *testing.T) {
	ctx := t.Context()
	dirs := testDirs(t)
	s := openTest(t, dirs)
	s.now = func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 123456789, time.FixedZone("CET", 3600)) }

	a := startTest(t, s, "web")
	want := Run{
		ID: a.Run().ID, Name: "web", TemplateFile: "web.json", State: Running, SubState: Queued, PID: os.Getpid(),
		Started: time.Date(2026, 11, 21, 8, 0, 0, 123456789, time.UTC), Dir: filepath.Join(dirs.State, "runs", a.Run().ID),
	}
	check := func() {
		t.Helper()
		if diff := cmp.Diff(want, a.Run()); diff != "" {
			t.Errorf("active run (-want +got):\n%s", diff)
		}
		got, err := openTest(t, dirs).Runs(ctx) // as another process would see it
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Run{want}, got); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
	}
	check()
	if info, err := os.Stat(want.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("run folder: %v, %v; want mode 0700", info, err)
	}

	if err := a.SetState(ctx, Running, Customizing); err != nil {
		t.Fatal(err)
	}
	want.SubState = Customizing
	check()

	old, image, vhd := events.RunOutput{Name: "vhd", Path: "/old"}, events.RunOutput{Name: "image"}, events.RunOutput{Name: "vhd"}
	for _, out := range []events.RunOutput{old, image, vhd} { // the last one replaces the first
		if err := a.AddOutput(ctx, out); err != nil {
			t.Fatal(err)
		}
	}
	want.Outputs = []events.RunOutput{image, vhd}
	check()

	// Cancelled from elsewhere while the build still reports how far it is.
	if err := errors.Join(a.SetState(ctx, Canceling, ""), a.SetState(ctx, Running, Distributing)); err != nil {
		t.Fatal(err)
	}
	want.State, want.SubState = Canceling, Distributing
	check()

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := a.Finish(cancelled, Canceled, "stopped by hand"); err != nil {
		t.Fatal(err)
	}
	if err := a.SetState(ctx, Canceling, Building); err != nil { // too late
		t.Fatal(err)
	}
	want.State, want.Message, want.Ended = Canceled, "stopped by hand", want.Started
	check()
	if live, err := s.Held(want.ID); err != nil || !live {
		t.Errorf("held after Finish = %v, %v; want true until Close", live, err)
	}
	if err := errors.Join(a.Close(), a.Close()); err != nil {
		t.Fatal(err)
	}
	if live, err := s.Held(want.ID); err != nil || live {
		t.Errorf("held after Close = %v, %v; want false", live, err)
	}
	check()
}

func TestFind(t *testing.T) {
	s := openTest(t, testDirs(t))
	if _, err := s.Find(t.Context(), "latest"); err == nil || err.Error() != `no run "latest": nothing was built yet` {
		t.Errorf("in an empty store: %v", err)
	}
	s.random = strings.NewReader("\x3f\x2a\x9c\x1e" + "\x3f\x2a\x00\x00" + "\x77\x00\x00\x00")
	for range 3 {
		startTest(t, s, "web")
	}
	for _, tt := range []struct{ ref, want, err string }{
		{"3f2a9c1e", "3f2a9c1e", ""},
		{"3f2a9", "3f2a9c1e", ""},
		{" 3F2A9 ", "3f2a9c1e", ""},
		{"7", "77000000", ""},
		{"latest", "77000000", ""},
		{"3f", "", `run "3f" is ambiguous: 3f2a0000, 3f2a9c1e; give more digits`},
		{"", "", `no run "": latest runs: 77000000, 3f2a0000, 3f2a9c1e`},
		{"3f2a9c1f", "", `no run "3f2a9c1f": did you mean "3f2a9c1e"? latest runs: 77000000, 3f2a0000, 3f2a9c1e`},
		{"%", "", `no run "%": latest runs: 77000000, 3f2a0000, 3f2a9c1e`},
	} {
		t.Run(tt.ref, func(t *testing.T) {
			got, err := s.Find(t.Context(), tt.ref)
			if got.ID != tt.want || fmt.Sprint(err) != cmpOr(tt.err, "<nil>") {
				t.Errorf("got %q, %v\nwant %q, %s", got.ID, err, tt.want, tt.err)
			}
		})
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestStartAvoidsTakenIDs(t *testing.T) {
	dirs := testDirs(t)
	s := openTest(t, dirs)
	for _, d := range []string{"runs/aaaaaaaa", "staging/bbbbbbbb"} {
		if err := os.MkdirAll(filepath.Join(dirs.State, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.random = strings.NewReader("\xaa\xaa\xaa\xaa" + "\xbb\xbb\xbb\xbb" + "\xcc\xcc\xcc\xcc" + "\xcc\xcc\xcc\xcc" + "\xdd\xdd\xdd\xdd")
	for _, want := range []string{"cccccccc", "dddddddd"} {
		if got := startTest(t, s, "web").Run().ID; got != want {
			t.Errorf("id %s, want %s", got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dirs.State, "runs/bbbbbbbb")); err == nil {
		t.Error("a refused id left its folder")
	}
	if _, err := s.Start(t.Context(), Run{}); err == nil { // the source of randomness is dry
		t.Error("started a run without an id")
	}
}

func TestJournal(t *testing.T) {
	s := openTest(t, testDirs(t))
	a := startTest(t, s, "web")
	other := startTest(t, s, "other")
	const n = 2*pageEvents + 7
	var want []events.Event
	sink := events.Serial(a.Run().ID, events.Tee(a.Sink(), func(e events.Event) { want = append(want, e) }), time.Now)
	for i := range n {
		sink(events.Event{Step: "customize[0]", Output: &events.Output{Stream: events.Stdout, Text: fmt.Sprint("line ", i)}})
	}
	other.Sink()(events.Event{Seq: 1, State: &events.State{Phase: events.Running}})
	if err := errors.Join(a.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	a.Sink()(events.Event{Seq: n + 1}) // after Close: lost, but no panic and no hang

	for _, after := range []int64{0, 5, n - 1, n} {
		var got []events.Event
		for e, err := range s.Events(t.Context(), a.Run().ID, after) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e)
		}
		if diff := cmp.Diff(want[after:], got, cmpEmpty); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", after, diff)
		}
	}
	for e := range s.Events(t.Context(), a.Run().ID, 0) { // leaving early must not wedge the store
		if e.Seq == 3 {
			break
		}
	}
}

// cmpEmpty takes nil and empty slices for equal.
var cmpEmpty = cmp.Transformer("empty", func(l []events.Event) []events.Event { return append([]events.Event{}, l...) })

func TestSettle(t *testing.T) {
	ctx := t.Context()
	s := openTest(t, testDirs(t))
	live := startTest(t, s, "live")
	finished := startTest(t, s, "finished")
	silent, talked := startTest(t, s, "silent"), startTest(t, s, "talked")
	last := time.Date(2026, 11, 21, 10, 0, 0, 500e6, time.UTC)
	talked.Sink()(events.Event{Seq: 1, Time: last.Add(-time.Hour)})
	talked.Sink()(events.Event{Seq: 2, Time: last})
	if err := finished.Finish(ctx, Succeeded, ""); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*ActiveRun{finished, silent, talked} { // two of them without Finish, as if they were killed
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	settled, err := s.Settle(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{talked.Run().ID, silent.Run().ID}, runIDs(settled)); diff != "" {
		t.Errorf("settled (-want +got):\n%s", diff)
	}
	for id, want := range map[string]Run{
		live.Run().ID:     {State: Running},
		finished.Run().ID: {State: Succeeded, Ended: finished.Run().Ended},
		silent.Run().ID:   {State: Failed, Message: interruptedMessage, Ended: silent.Run().Started},
		talked.Run().ID:   {State: Failed, Message: interruptedMessage, Ended: last},
	} {
		got, err := s.Find(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if got.State != want.State || got.Message != want.Message || !got.Ended.Equal(want.Ended) || got.Interrupted {
			t.Errorf("%s is %+v, want %+v", got.Name, got, want)
		}
	}
	if again, err := s.Settle(ctx); err != nil || len(again) > 0 {
		t.Errorf("settled again: %v, %v", again, err)
	}
}
