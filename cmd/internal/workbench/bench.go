package workbench

import (
	"context"

	"github.com/ingot-build/ingot/engine/service"
)

// bench is the session as a run sees it.
type bench struct{ s *Session }

// Touched implements build.Toucher: no layer is taken of a machine that somebody was in.
func (b bench) Touched() bool {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	return b.s.touched
}

// Before implements service.Bench.
func (b bench) Before(ctx context.Context, at service.Stop) (service.Move, error) {
	s := b.s
	move := service.Move{Kind: service.GoOn}
	var waits chan service.Move
	s.change(func() {
		s.way, s.at = &at.Way, at.Next
		switch {
		case s.turnedDown(at):
			s.reason = NotTaken
		case s.behind(at.Next, &move):
			s.state = Starting
			return
		default:
			s.entering = s.entering && s.hidden(at.Next) && !s.generalizes(at.Next)
			s.reason = s.stops(at.Next)
		}
		if s.reason != "" {
			s.state, s.goal, s.finishing = Standing, nowhere, false
			waits = s.stand()
		}
	})
	if waits == nil {
		return move, nil
	}
	return s.wait(ctx, waits)
}

// Failed implements service.Bench.
func (b bench) Failed(ctx context.Context, at service.Stop, failed *service.ProvisionError) (service.Move, error) {
	s := b.s
	var waits chan service.Move
	s.change(func() {
		s.turnedDown(at)
		s.way, s.at, s.failure = &at.Way, at.Next, failed
		if !s.breakFailure || s.generalizes(at.Next) { // a machine that is half generalized is nobody's any more
			s.state = Finishing
			return
		}
		s.state, s.reason, s.goal, s.finishing = Failed, AtFailure, nowhere, false
		waits = s.stand()
	})
	if waits == nil {
		return service.Move{Kind: service.Leave}, nil
	}
	return s.wait(ctx, waits)
}

// turnedDown reports whether the run did not take the template that came with the last way back: it asks again then, at the same place. It
// has told why in the step's output.
func (s *Session) turnedDown(at service.Stop) bool {
	if s.before == nil || at.Plan == s.current.plan {
		return false
	}
	edited := s.current
	s.current, s.steps, s.next = s.before, s.stepsBefore, edited
	s.before, s.stepsBefore = nil, nil
	s.touched = true // it may have been, and was forgotten too early
	s.loadErr = &RefusedError{"the image template as it is now cannot be run", "the output of the step says why", "edit it once more"}
	return true
}

// stand makes the place for an answer.
func (s *Session) stand() chan service.Move {
	s.entered, s.answer = true, make(chan service.Move, 1)
	return s.answer
}

func (s *Session) wait(ctx context.Context, answer <-chan service.Move) (service.Move, error) {
	select {
	case m := <-answer:
		return m, nil
	case <-ctx.Done():
		s.change(func() { s.answer = nil })
		return service.Move{}, context.Cause(ctx)
	}
}

// behind finds the way back at the first stop of a run whose machine is past where it is to stop: it was started from the last layer
// there is.
func (s *Session) behind(next int, move *service.Move) bool {
	if !s.entering {
		return false
	}
	to := next
	if s.goal.to >= 0 {
		to = min(to, s.goal.to)
	}
	for _, step := range s.steps {
		if step.Index >= 0 && s.breaks[step.ID] && !s.finishing && step.Index > s.goal.past {
			to = min(to, step.Index)
		}
	}
	if to == next {
		return false
	}
	s.entering = false
	*move = service.Move{Kind: service.Rewind, To: to}
	return true
}

// stops tells why a machine stops before a step; "": it does not.
func (s *Session) stops(next int) Reason {
	step := s.numbered(next)
	switch {
	case step == nil || s.finishing: // after the last one; what is left is Ingot's own
		return ""
	case s.generalizes(next):
		return AllDone
	case step.Hidden:
		return ""
	case s.goal.to >= 0 && next >= s.goal.to:
		return AtGoal
	case s.goal.pause:
		return AtPause
	case next <= s.goal.past:
		return ""
	case s.breaks[step.ID]:
		return AtBreakpoint
	case s.goal.step:
		return AfterStep
	case s.o.StopFirst && !s.entered:
		return AtEntry
	}
	return ""
}

// numbered gives a step of the plan; nil: there is none.
func (s *Session) numbered(i int) *Step {
	for _, step := range s.steps {
		if step.Index == i && i >= 0 {
			return step
		}
	}
	return nil
}

func (s *Session) hidden(i int) bool {
	step := s.numbered(i)
	return step != nil && step.Hidden
}

func (s *Session) generalizes(i int) bool {
	step := s.numbered(i)
	return step != nil && step.Hidden && step.ID == "generalize"
}
