package view

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/engine/events"
)

// Prefixed writes whole lines, each behind a name, so that several may share a screen. It is safe for concurrent use with others of the
// same mutex.
type Prefixed struct {
	Out  io.Writer
	Name string
	Mu   *sync.Mutex

	half []byte // of a line
}

// Write implements io.Writer.
func (w *Prefixed) Write(p []byte) (int, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.half = append(w.half, p...)
	var lines bytes.Buffer
	for {
		line, rest, ended := bytes.Cut(w.half, []byte("\n"))
		if !ended {
			break
		}
		fmt.Fprintf(&lines, "%s: %s\n", w.Name, line)
		w.half = rest
	}
	if _, err := w.Out.Write(lines.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// OneLine makes one step of a run, for a live view of several: its detail is what the run is at.
type OneLine struct {
	Name string
	To   Run

	mu    sync.Mutex
	board board
	at    string
}

// Event implements the sink of a run.
func (v *OneLine) Event(e events.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.board.apply(e)
	switch {
	case e.State != nil && e.Step == "":
		v.tell(e, e.State.Phase, v.at)
	case e.State != nil && e.State.Phase == events.Running && s.title != v.at:
		v.at = s.title
		v.tell(e, events.Running, v.at)
	}
}

func (v *OneLine) tell(e events.Event, phase events.Phase, detail string) {
	state := &events.State{Phase: phase, Title: v.Name, Detail: detail}
	if phase != events.Running {
		state.Elapsed = e.State.Elapsed
	}
	v.To.Event(events.Event{Time: e.Time, Run: e.Run, Step: v.Name, State: state})
}

// Tally writes what several builds came to: a line for the whole, and one for each that is not as it should be.
func Tally(w io.Writer, p Palette, list []Ending) error {
	built := 0
	var b strings.Builder
	for _, e := range list {
		word := map[string]string{"PartiallySucceeded": p.Warn("only partly distributed"), "Canceled": p.Warn("cancelled")}[e.State]
		switch {
		case e.State == "Succeeded":
			built++
			continue
		case word == "":
			word = p.Bad("failed")
		}
		run := ""
		if e.Run != "" {
			run = ": ingot logs " + e.Run
		}
		fmt.Fprintf(&b, "  %s %s%s\n", p.Bold(`"`+Line(e.Name)+`"`), word, run)
	}
	_, err := fmt.Fprintf(w, "\n%d of %d image templates built\n%s", built, len(list), b.String())
	return err
}
