package workbench

import (
	"context"
	"fmt"

	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/service"
)

// RefusedError says why an order makes no sense now, and what does.
type RefusedError struct{ What, Reason, Advice string }

func (e *RefusedError) Error() string { return e.What }

// Why is the reason.
func (e *RefusedError) Why() string { return e.Reason }

// Fix is what to do about it.
func (e *RefusedError) Fix() string { return e.Advice }

// Continue goes on to the next breakpoint, or until all customizers are done. If the template was edited, and a step that was run is
// another one now, it goes back before the first of these. After a failure it needs such an edit.
func (s *Session) Continue(ctx context.Context) error { return s.goOn(ctx, nowhere, false) }

// Step goes on in the same way, and stands again before the next step.
func (s *Session) Step(ctx context.Context) error {
	return s.goOn(ctx, goal{to: -1, past: -1, step: true}, false)
}

// RunTo goes on to before step i. If that was run already, it goes back.
func (s *Session) RunTo(ctx context.Context, i int) error {
	s.mu.Lock()
	back := (s.state == Standing || s.state == Failed) && i <= s.at
	s.mu.Unlock()
	if back {
		return s.Rewind(ctx, i)
	}
	if err := s.known(i); err != nil {
		return err
	}
	return s.goOn(ctx, goal{to: i, past: -1}, false)
}

// Finish makes the image: it runs what is left without stopping but for failures, generalizes, validates and distributes. An image of a
// machine that somebody changed by hand is refused unless anyway is set: nobody could make it again.
func (s *Session) Finish(ctx context.Context, anyway bool) error {
	s.mu.Lock()
	touched := s.touched && (s.state == Standing || s.state == Failed)
	s.mu.Unlock()
	if touched && !anyway {
		return &RefusedError{"the machine is not what the image template makes", "somebody was in it, or a step was run twice or left out",
			"rewind to where that began, and run the steps again"}
	}
	return s.goOn(ctx, nowhere, true)
}

// goOn goes on from where the machine stands, or begins another run.
func (s *Session) goOn(ctx context.Context, to goal, finish bool) error {
	s.orders.Lock()
	defer s.orders.Unlock()
	fresh, err := s.look(ctx)
	if err != nil {
		return err
	}
	return s.order(func() error {
		edited := s.edited()
		switch s.state {
		case Standing:
			if edited < 0 {
				to.past = s.at
				s.proceed(to, finish, Running, service.Move{Kind: service.GoOn})
				return nil
			}
			back := min(edited, s.at)
			to.past = back
			s.rewind(fresh, back, to, finish)
			return nil
		case Failed:
			if edited < 0 || edited > s.at {
				return &RefusedError{fmt.Sprintf("%s failed, and is as it was", s.titleOf(s.at)), "it would fail again",
					"edit it, and it is run anew; or run it once more as it is, leave it out, or rewind"}
			}
			to.past = edited
			s.rewind(fresh, edited, to, finish)
			return nil
		case Over:
			s.goal, s.finishing = to, finish
			s.beginAgain()
			return nil
		}
		return s.busy()
	})
}

// Rewind gives the machine up and goes on with one that stands before step i: from the layer that was taken there, or from the nearest one
// before it, with the steps in between run again. A step that runs is stopped.
func (s *Session) Rewind(ctx context.Context, i int) error {
	if err := s.known(i); err != nil {
		return err
	}
	s.orders.Lock()
	defer s.orders.Unlock()
	fresh, err := s.look(ctx)
	if err != nil {
		return err
	}
	return s.order(func() error {
		to := goal{to: i, past: i}
		switch s.state {
		case Standing, Failed:
			if i > s.at {
				return &RefusedError{s.titleOf(i) + " comes later", "the machine stands before " + s.titleOf(s.at), "run to there"}
			}
			back := i
			if e := s.edited(); e >= 0 {
				back = min(e, i)
			}
			s.rewind(fresh, back, to, false)
			return nil
		case Starting, Running:
			if s.cancel == nil {
				return s.busy()
			}
			s.goal, s.finishing = to, false
			s.beginAgain()
			s.cancel()
			return nil
		case Over:
			s.goal, s.finishing = to, false
			s.beginAgain()
			return nil
		}
		return s.busy()
	})
}

// Again runs the step that failed once more, on the machine as it left it. Skip goes on as if it had not failed. What comes of either is
// not what the template makes.
func (s *Session) Again() error { return s.afterFailure(service.Again) }

// Skip is described at Again.
func (s *Session) Skip() error { return s.afterFailure(service.GoOn) }

func (s *Session) afterFailure(kind service.MoveKind) error {
	return s.order(func() error {
		if s.state != Failed {
			return &RefusedError{"no step has failed", s.doing(), "rewind to run a step again"}
		}
		if kind == service.GoOn && s.hidden(s.at) {
			return &RefusedError{fmt.Sprintf("%s cannot be left out", s.titleOf(s.at)), "it is the service's own", "rewind"}
		}
		s.touched = true
		s.proceed(goal{to: -1, past: s.at}, false, Running, service.Move{Kind: kind})
		return nil
	})
}

// Pause makes it stand before the next step.
func (s *Session) Pause() error {
	return s.order(func() error {
		switch s.state {
		case Starting, Running:
			s.goal.pause, s.finishing = true, false
			return nil
		case Standing, Failed:
			return &RefusedError{What: "the machine stands already"}
		}
		return &RefusedError{"there is no next step to stop at", s.doing(), ""}
	})
}

// Leave ends the session. With keep the machine stays, which must stand; else it is removed, and what runs is stopped.
func (s *Session) Leave(keep bool) error {
	return s.order(func() error {
		switch {
		case s.state == Ended:
			return s.busy()
		case s.answer != nil:
			kind := service.Leave
			if keep {
				kind = service.Keep
			}
			s.leaving = true
			s.proceed(nowhere, false, Finishing, service.Move{Kind: kind})
			return nil
		case keep && s.state != Over:
			return &RefusedError{"the machine cannot be kept now", s.doing(), "pause first: it is kept as it stands between two steps"}
		}
		s.leaving = true
		if s.state == Over || s.cancel == nil {
			s.wake()
		} else {
			s.cancel()
		}
		return nil
	})
}

// SetBreaks sets breakpoints on the steps with these ids, and on no others. An id that no step has does nothing, until one has it.
func (s *Session) SetBreaks(ids ...string) {
	s.change(func() {
		s.breaks = map[string]bool{}
		for _, id := range ids {
			s.breaks[id] = true
		}
	})
}

// BreakOnFailure says whether the machine is to stand when a step has failed, or the run to end. It is on at first.
func (s *Session) BreakOnFailure(on bool) { s.change(func() { s.breakFailure = on }) }

// Touch says that somebody is let into the machine: what is made of it from now on goes into no layer.
func (s *Session) Touch() { s.change(func() { s.touched = true }) }

// Diff tells what step i changed on the disk. Layers before and after it must be there.
func (s *Session) Diff(ctx context.Context, i int) (*diskdiff.Report, error) {
	st := s.Status()
	step := st.Step(i)
	if step == nil {
		return nil, s.known(i)
	}
	if st.Run == "" {
		return nil, &RefusedError{What: "nothing was run yet"}
	}
	at := st.Run + "@" + step.ID
	return s.o.Service.Diff(ctx, at, at+"+", diskdiff.Options{Text: true})
}
