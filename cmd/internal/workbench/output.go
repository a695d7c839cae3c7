package workbench

import (
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// keepLines is how much output of one step is kept: what a person scrolls through. The run's log has it all.
const keepLines = 20_000

// Line is one of a step's output. Its text is the guest's: make it fit to print.
type Line struct {
	Stream events.Stream
	Text   string
	Time   time.Time
}

// lines are the last ones of a step.
type lines struct {
	dropped int
	list    []Line
}

func (l *lines) add(line Line) {
	if len(l.list) >= 2*keepLines {
		l.dropped += keepLines
		l.list = append([]Line(nil), l.list[keepLines:]...)
	}
	l.list = append(l.list, line)
}

// Output gives lines of a step or stage, by its id: at most n, from the line numbered from. first is the oldest line that is kept, end the
// one that comes next. Lines that are kept no more are left out.
func (s *Session) Output(id string, from, n int) (list []Line, first, end int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.output[id]
	if l == nil {
		return nil, 0, 0
	}
	first, end = l.dropped, l.dropped+len(l.list)
	from = min(max(from, first), end)
	return append(list, l.list[from-first:min(end, from+max(0, n))-first]...), first, end
}

// sink takes the events of a run.
func (s *Session) sink(e events.Event) {
	s.change(func() { s.note(e) })
	s.o.Sink(e)
}

func (s *Session) note(e events.Event) {
	s.run = e.Run
	switch {
	case e.Problem != nil:
		s.problem = e.Problem
		return
	case e.Step == "":
		return
	}
	step := s.step(e.Step)
	if e.Mark != nil {
		e.Output = &events.Output{Stream: events.Say, Text: "warning: " + e.Mark.String()}
	}
	switch {
	case e.Output != nil:
		if s.output[e.Step] == nil {
			s.output[e.Step] = &lines{}
		}
		s.output[e.Step].add(Line{e.Output.Stream, e.Output.Text, e.Time})
	case e.Progress != nil && e.Progress.Total > 0 && step.Phase == events.Running:
		step.Detail = e.Progress.What
	case e.State != nil:
		s.moved(step, e)
	}
}

// moved notes a change of a step's phase.
func (s *Session) moved(step *Step, e events.Event) {
	if step.Index < 0 && e.State.Title != "" {
		step.Title = e.State.Title
	}
	step.Phase, step.Detail, step.Reused = e.State.Phase, e.State.Detail, e.State.Reused
	switch e.State.Phase {
	case events.Pending:
		step.Started, step.Elapsed = time.Time{}, 0
	case events.Running:
		step.Started, step.Elapsed = e.Time, 0
		delete(s.output, step.ID) // of the time before
		if step.Index >= 0 && s.answer == nil {
			s.at = step.Index
			if s.state = Running; s.generalizes(step.Index) {
				s.state = Finishing
			}
		}
	default:
		step.Elapsed = e.State.Elapsed
	}
}

// step finds a step by its id. What is unknown is a stage: it comes before the plan's steps until one of those has begun.
func (s *Session) step(id string) *Step {
	for _, step := range s.steps {
		if step.ID == id {
			return step
		}
	}
	stage := &Step{Index: -1, ID: id, Title: id, Phase: events.Pending}
	at := len(s.steps)
	if early[id] {
		for at = 0; at < len(s.steps) && s.steps[at].Index < 0; at++ {
			if !early[s.steps[at].ID] {
				break
			}
		}
	}
	s.steps = append(s.steps[:at:at], append([]*Step{stage}, s.steps[at:]...)...)
	return stage
}

// early are the stages that come before the plan's steps; all others come after.
var early = map[string]bool{"resolve": true, "boot": true}
