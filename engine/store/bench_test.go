package store

import (
	"testing"

	"github.com/ingot-build/ingot/engine/events"
)

// BenchmarkOpen is what every command that looks at runs pays before its first line.
func BenchmarkOpen(b *testing.B) {
	dirs := Dirs{State: b.TempDir()}
	for b.Loop() {
		s, err := Open(b.Context(), dirs)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Runs(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecord is the price of one synced ledger entry and its strike.
func BenchmarkRecord(b *testing.B) {
	s, a := benchRun(b)
	for b.Loop() {
		e, err := s.Record(b.Context(), a.Run().ID, File, "/x/y")
		if err == nil {
			err = s.Strike(b.Context(), e.ID)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJournal is the price of one line of guest output.
func BenchmarkJournal(b *testing.B) {
	_, a := benchRun(b)
	var seq int64
	for b.Loop() {
		seq++
		a.Sink()(events.Event{Seq: seq, Output: &events.Output{Stream: events.Stdout, Text: "Setting up nginx (1.22.1-9) ..."}})
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchRun(b *testing.B) (*Store, *ActiveRun) {
	s, err := Open(b.Context(), Dirs{State: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	a, err := s.Start(b.Context(), Run{Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close(); s.Close() })
	return s, a
}
