package view

import (
	"cmp"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// Plain shows a run as lines, one for each thing that happened, each with the time since the start of the run. It is for pipes
// and files. The serial console is left out: hundreds of kernel messages bury the rest, and when the guest does not come up the
// last of them are printed with the failure.
type Plain struct {
	Out, Log io.Writer // the summary; everything else
	Replay   bool      // a log is printed, not a run that ends in a summary: the console and problems belong to it
	Step     string    // when set, only this step is shown

	mu     sync.Mutex
	board  board
	start  time.Time
	counts map[string]int64 // of each progress, what was printed last
	err    error            // the first that writing gave
}

// Event implements Run.
func (v *Plain) Event(e events.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.start.IsZero() {
		v.start = e.Time
	}
	s := v.board.apply(e)
	if v.Step != "" && e.Step != v.Step {
		return
	}
	switch {
	case e.State != nil:
		v.state(e, s)
	case e.Output != nil:
		if e.Output.Stream != events.Console || v.Replay {
			v.line(e.Time, "%s | %s", e.Step, Line(e.Output.Text))
		}
	case e.Progress != nil:
		v.progress(e)
	case e.Problem != nil && v.Replay:
		if err := Problem(v.Log, Palette{}, *e.Problem); v.err == nil {
			v.err = err
		}
	case e.Mark != nil:
		for _, line := range markLines(Palette{}, e.Step, *e.Mark) {
			v.line(e.Time, "%s", line)
		}
	case e.RunOutput != nil:
		v.line(e.Time, "%s: run output %s: %s", e.Step, Line(e.RunOutput.Name), Line(where(e.RunOutput)))
	}
}

func (v *Plain) state(e events.Event, s *step) {
	title := "run " + e.Run
	if s != nil {
		title = Line(s.title)
	}
	if e.State.Phase == events.Pending {
		return
	}
	text := title + ": " + string(e.State.Phase)
	switch {
	case e.State.Reused:
		text = title + ": reused, not run"
	case s != nil && s.over():
		text += " after " + clock(s.elapsed)
	}
	if e.State.Detail != "" && e.State.Phase != events.Done { // at the end of a good step it only repeats what was said
		text += ": " + Line(e.State.Detail)
	}
	v.line(e.Time, "%s", text)
	if s == nil || s.phase != events.Failed || v.Replay {
		return
	}
	for _, o := range s.lines {
		if o.Stream == events.Console {
			v.line(e.Time, "%s | %s", e.Step, Line(o.Text))
		}
	}
}

// progress prints a line each time another quarter of the bytes or percent is done, and for every other count each time it moves on. What
// has no total is not counted.
func (v *Plain) progress(e events.Event) {
	p := *e.Progress
	if p.Total <= 0 {
		return
	}
	if !sideBySide(p.Unit) {
		if v.moved(e.Step+"\x00"+p.Unit, p.Done) {
			v.line(e.Time, "%s: %s, %d of %s", e.Step, Line(p.What), p.Done, quantity(p.Total, p.Unit))
		}
		return
	}
	quarter := min(4, 4*p.Done/p.Total)
	if !v.moved(e.Step+"\x00"+p.What, quarter) || quarter == 0 {
		return
	}
	subject := e.Step
	if p.What != e.Step {
		subject += ": " + Line(p.What)
	}
	v.line(e.Time, "%s: %d%%", subject, 25*quarter)
}

// moved remembers a count by its key, and reports whether it changed.
func (v *Plain) moved(key string, count int64) bool {
	if v.counts == nil {
		v.counts = map[string]int64{}
	}
	old, seen := v.counts[key]
	v.counts[key] = count
	return !seen || old != count
}

func (v *Plain) line(at time.Time, format string, args ...any) {
	v.print(clock(at.Sub(v.start)), fmt.Sprintf(format, args...))
}

func (v *Plain) print(when, text string) {
	if _, err := fmt.Fprintf(v.Log, "%9s  %s\n", when, text); v.err == nil {
		v.err = err
	}
}

// Err gives the first error of writing. A reader that went away is no reason to stop a build, so Event goes on without it; who
// only prints may stop.
func (v *Plain) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// Notice implements Run.
func (v *Plain) Notice(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.print("", Line(text))
}

// End implements Run.
func (v *Plain) End(e Ending) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return conclude(v.Out, v.Log, Palette{}, Palette{}, &v.board, e)
}

// where is the place of a run output: the file on this machine, or else what it is called in Azure.
func where(out *events.RunOutput) string { return cmp.Or(out.Path, out.ArtifactURI, out.ArtifactID) }
