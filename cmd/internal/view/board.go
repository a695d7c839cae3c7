package view

import (
	"slices"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

const (
	tailLines  = 5  // guest lines under a running step
	keptLines  = 15 // guest lines shown with a step that failed
	maxMeters  = 3  // progress bars under one step
	idleMeters = 64 // finished or not, more than this many in one step are forgotten, oldest first
)

// step is what the views know of one step of a run.
type step struct {
	id, title, detail string
	phase             events.Phase
	started           time.Time
	elapsed           time.Duration // once over
	reused            bool          // done without being run
	marks             []events.Mark
	lines             []events.Output
	meters            []meter
}

// meter is one piece of work with a progress. Bytes are counted for each What apart; anything else, such as checks or stages, is
// one count for the step, whose What says what it is at.
type meter struct {
	events.Progress
	since time.Time
	from  int64 // Done when it was first seen, so that a rate counts only what was seen
	at    time.Time
}

func (m meter) finished() bool { return m.Total > 0 && m.Done >= m.Total }

func (s *step) over() bool { return s.phase != events.Pending && s.phase != events.Running }

// board is the state of a run as its events tell it. It is what the live view paints.
type board struct {
	steps    []*step          // in order of announcement
	problems []events.Problem // of single steps
	told     []marked         // marks, in the order in which they were told
}

// apply takes one event in. It returns the step that the event is about, or nil when it is about the run.
func (b *board) apply(e events.Event) *step {
	if e.Problem != nil && e.Step != "" { // that of the run as a whole comes again with its ending
		b.problems = append(b.problems, *e.Problem)
	}
	if e.Step == "" {
		return nil
	}
	s := b.step(e.Step)
	switch {
	case e.State != nil:
		s.applyState(e.Time, *e.State)
	case e.Output != nil:
		s.lines = append(s.lines, *e.Output)
		if len(s.lines) > keptLines {
			s.lines = slices.Delete(s.lines, 0, len(s.lines)-keptLines)
		}
	case e.Mark != nil:
		if !slices.ContainsFunc(s.marks, func(m events.Mark) bool { return m.At == e.Mark.At && m.String() == e.Mark.String() }) {
			s.marks = append(s.marks, *e.Mark) // it is told again when a step is changed while the run stands still
		}
		b.told = append(b.told, marked{e.Step, *e.Mark})
	case e.Progress != nil:
		s.applyProgress(e.Time, *e.Progress)
	}
	return s
}

// step finds a step, or adds one that was never announced.
func (b *board) step(id string) *step {
	for _, s := range b.steps {
		if s.id == id {
			return s
		}
	}
	s := &step{id: id, title: id, phase: events.Pending}
	b.steps = append(b.steps, s)
	return s
}

func (s *step) applyState(now time.Time, st events.State) {
	if st.Title != "" {
		s.title = st.Title
	}
	if st.Detail != "" {
		s.detail = st.Detail
	}
	if st.Phase == events.Running && s.phase != events.Running { // "running" again only brings a new detail
		s.started = now
	}
	s.phase, s.reused = st.Phase, st.Reused
	if s.over() {
		s.elapsed = st.Elapsed
		if s.elapsed == 0 && !s.started.IsZero() {
			s.elapsed = now.Sub(s.started)
		}
	}
}

// sameMeter reports whether two progress events are about one count. Of what is done side by side each has its own.
func sameMeter(a, b events.Progress) bool {
	return a.Unit == b.Unit && (a.What == b.What || !sideBySide(a.Unit))
}

// sideBySide tells whether a step may count several things at once in a unit: downloads in bytes, regions in percent.
func sideBySide(unit string) bool { return unit == "bytes" || unit == "percent" }

func (s *step) applyProgress(now time.Time, p events.Progress) {
	for i := range s.meters {
		if sameMeter(s.meters[i].Progress, p) {
			s.meters[i].Progress, s.meters[i].at = p, now
			return
		}
	}
	if len(s.meters) >= idleMeters {
		s.meters = slices.Delete(s.meters, 0, 1)
	}
	s.meters = append(s.meters, meter{Progress: p, since: now, from: p.Done, at: now})
}

// busy returns the meters that are worth a line: unfinished, the latest ones, in order of their start.
func (s *step) busy() []meter {
	var list []meter
	for _, m := range s.meters {
		if !m.finished() {
			list = append(list, m)
		}
	}
	return list[max(0, len(list)-maxMeters):]
}
