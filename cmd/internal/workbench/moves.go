package workbench

import (
	"fmt"

	"github.com/ingot-build/ingot/engine/service"
)

// order does something about the session, or says why not, and tells. What is below is called with the lock held.
func (s *Session) order(do func() error) error {
	s.mu.Lock()
	err := do()
	s.mu.Unlock()
	s.o.Notify()
	return err
}

// proceed answers the bench that stands.
func (s *Session) proceed(to goal, finish bool, state State, m service.Move) {
	if finish && s.generalizes(s.at) && m.Kind == service.GoOn {
		state = Finishing
	}
	s.goal, s.finishing, s.state, s.reason, s.failure = to, finish, state, "", nil
	answer := s.answer
	s.answer = nil
	answer <- m
}

// rewind answers it with a way back, to a machine that nobody was in.
func (s *Session) rewind(fresh *snapshot, back int, to goal, finish bool) {
	s.before, s.stepsBefore = s.current, s.steps
	s.adopt(fresh, back)
	s.touched, s.way = false, nil
	s.proceed(to, finish, Starting, service.Move{Kind: service.Rewind, To: back, Plan: fresh.plan})
}

// beginAgain lets another run begin when this one is over.
func (s *Session) beginAgain() {
	s.state, s.reason, s.failure, s.again = Starting, "", nil, true
	s.wake()
}

func (s *Session) wake() {
	select {
	case s.begin <- struct{}{}:
	default: // it is awake
	}
}

// titleOf names a step for people.
func (s *Session) titleOf(i int) string {
	if step := s.numbered(i); step != nil {
		return step.Title
	}
	return fmt.Sprintf("step %d", i)
}

// doing says what the session does, as a reason.
func (s *Session) doing() string {
	switch s.state {
	case Starting:
		return "its machine is being made ready"
	case Running:
		return s.titleOf(s.at) + " runs"
	case Standing:
		return "the machine stands before " + s.titleOf(s.at)
	case Failed:
		return s.titleOf(s.at) + " has failed"
	case Finishing:
		return "the image is being made"
	case Over:
		return "the run is over"
	default:
		return "the session is over"
	}
}

// busy refuses an order for its time.
func (s *Session) busy() error {
	e := &RefusedError{What: "not now", Reason: s.doing()}
	if s.state == Running || s.state == Starting {
		e.Advice = "pause first"
	}
	return e
}

// known refuses numbers of steps that are none, or that nobody can stand before.
func (s *Session) known(i int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.numbered(i) == nil {
		return &RefusedError{What: fmt.Sprintf("there is no step %d", i)}
	}
	if s.hidden(i) && !s.generalizes(i) {
		return &RefusedError{s.titleOf(i) + " is the service's own", "it makes the machine ready for the first customizer", "go to that one"}
	}
	return nil
}
