package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
)

func TestFaultyDatabases(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault Fault
		make  func(t *testing.T, path string)
	}{
		{"text in its place", Damaged, func(t *testing.T, path string) {
			writeFile(t, path, strings.Repeat("this is no database\n", 100))
		}},
		{"broken page", Damaged, func(t *testing.T, path string) {
			makeStore(t, path)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 100; i < 4096; i++ { // the page with the schema, after the file header
				b[i] = 0xff
			}
			writeFile(t, path, string(b))
		}},
		{"another program's tables", Foreign, func(t *testing.T, path string) { execSQL(t, path, "CREATE TABLE notes (body)") }},
		{"another program's mark", Foreign, func(t *testing.T, path string) { execSQL(t, path, "PRAGMA application_id = 7") }},
		{"later version", Newer, func(t *testing.T, path string) {
			makeStore(t, path)
			execSQL(t, path, "PRAGMA user_version = 1000")
		}},
		{"a folder in its place", Unwritable, func(t *testing.T, path string) {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dirs := testDirs(t)
			if err := os.MkdirAll(dirs.State, 0o700); err != nil {
				t.Fatal(err)
			}
			tt.make(t, dirs.database())
			before, _ := os.ReadFile(dirs.database())
			_, err := Open(t.Context(), dirs)
			var got *DatabaseError
			if !errors.As(err, &got) || got.Fault != tt.fault || !strings.Contains(err.Error(), dirs.database()) {
				t.Errorf("got %v, want fault %s with the path", err, tt.fault)
			}
			if after, _ := os.ReadFile(dirs.database()); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("a file where the folder should be", func(t *testing.T) {
		dirs := testDirs(t)
		writeFile(t, dirs.State, "")
		if _, err := Open(t.Context(), dirs); err == nil || !strings.Contains(err.Error(), dirs.State) {
			t.Errorf("got %v, want an error with the path", err)
		}
	})
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func makeStore(t *testing.T, path string) {
	t.Helper()
	s, err := Open(t.Context(), Dirs{State: filepath.Dir(path)})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func execSQL(t *testing.T, path, query string) {
	t.Helper()
	s := &Store{dirs: Dirs{State: filepath.Dir(path)}}
	db, err := sql.Open("sqlite", s.dsn("FULL", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

// A limit on the pages gives the error of a full disk at the same places, without filling one.
func TestFullDisk(t *testing.T) {
	dirs := testDirs(t)
	openTest(t, dirs)
	s, err := open(t.Context(), dirs, "max_page_count(24)")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := startTest(t, s, "web")
	e, err := s.Record(t.Context(), a.Run().ID, File, "/x/y")
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 500)
	for i := range 4 * backlog { // many more than fit: the sink must not block once the journal gave up
		a.Sink()(events.Event{Seq: int64(i + 1), Output: &events.Output{Stream: events.Stdout, Text: line}})
	}
	checkFull := func(what string, err error) {
		t.Helper()
		var full *DatabaseError
		if !errors.As(err, &full) || full.Fault != Full {
			t.Errorf("%s: got %v, want a full disk", what, err)
		}
	}
	checkFull("close", a.Close())
	checkFull("err", a.Err())
	_, err = s.Record(t.Context(), a.Run().ID, File, "/"+strings.Repeat(line, 200))
	checkFull("record", err)

	var last int64
	for got, err := range s.Events(t.Context(), a.Run().ID, 0) { // what was written before is there, without holes
		if err != nil {
			t.Fatal(err)
		}
		if got.Seq != last+1 {
			t.Fatalf("event %d follows %d", got.Seq, last)
		}
		last = got.Seq
	}
	// What frees space or ends the run still works.
	if err := errors.Join(s.Strike(t.Context(), e.ID), a.Finish(t.Context(), Failed, "disk full")); err != nil {
		t.Error(err)
	}
	if err := s.RemoveRun(t.Context(), a.Run().ID); err != nil {
		t.Error(err)
	}
}

func TestCancelledContext(t *testing.T) {
	s := openTest(t, testDirs(t))
	a := startTest(t, s, "web")
	cause := errors.New("the user pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := s.Record(ctx, a.Run().ID, File, "/x/y"); !errors.Is(err, cause) {
		t.Errorf("record: got %v, want the cause", err)
	}
	if _, err := s.Runs(ctx); !errors.Is(err, cause) {
		t.Errorf("runs: got %v, want the cause", err)
	}
	if _, err := s.Start(ctx, Run{}); !errors.Is(err, cause) {
		t.Errorf("start: got %v, want the cause", err)
	}
	if list, err := os.ReadDir(s.dirs.Runs()); err != nil || len(list) != 1 {
		t.Errorf("run folders %v, %v; want the one of the live run", list, err)
	}
}
