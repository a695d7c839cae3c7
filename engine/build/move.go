package build

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// errMoved is what a Packer build ends with when somebody decided so while its machine stood: state.standing has the move.
var errMoved = errors.New("the build was ended between two steps")

// standing is what was decided while the build VM of this attempt stood still.
type standing struct {
	from    int         // the first step that the build VM runs
	up      bool        // the build VM came up
	tmpKept bool        // it was told to keep what is in /tmp
	move    *Move       // that ended the attempt: Rewind, Leave or Keep; nil: none
	at      int         // the step before which it was decided
	over    int         // the step before which a container is handed over to a VM; 0: it is not
	left    atomic.Bool // what the builder says from now on is about a machine that nobody wants

	freezing atomic.Pointer[string] // id of the step before which the machine is being kept; nil: it is not
}

// boundary is called before each step of the build VM, and after the last one. run lasts longer than the build VM.
func (s *state) boundary(run context.Context, m machine) func(context.Context, packercore.Boundary) error {
	if m.boot != stepBoot {
		return nil
	}
	return func(ctx context.Context, at packercore.Boundary) error {
		if err := s.checkpoint(ctx, at); err != nil {
			return err
		}
		s.standing.up = true
		if s.visit != nil {
			s.visit(ctx, at.Way)
			return s.leave(&Move{Kind: Leave}, at.Next)
		}
		s.setClock(ctx, at)
		if s.boundByDoing(ctx, at) {
			return s.leave(&Move{Kind: Rewind, To: at.Next - 1}, at.Next)
		}
		s.keepTmp(ctx, at)
		s.takeLayer(ctx, run, at)
		if until := s.until(); until >= 0 && at.Next >= until {
			return s.leave(s.untilMove(ctx, at), at.Next)
		}
		if s.standing.over > 0 && at.Next == s.standing.over {
			return s.handOver(ctx, run, at)
		}
		s.forgetTmp(ctx, at)
		if s.Bench == nil {
			return nil
		}
		stop := Stop{Plan: s.Plan, Next: at.Next, Way: at.Way}
		move, err := s.ask(ctx, stop, func() (Move, error) { return s.Bench.Before(ctx, stop) })
		if err != nil || move.Kind == GoOn || move.Kind == Again {
			return err
		}
		return s.leave(&move, at.Next)
	}
}

// leave ends the attempt with a move.
func (s *state) leave(move *Move, at int) error {
	s.standing.move, s.standing.at = move, at
	s.standing.left.Store(move.Kind != Keep)
	return errMoved
}

// until is the step before which the run ends; -1: none. In an image template that was changed since it may be another one.
func (s *state) until() int {
	if s.Until == "" {
		return -1
	}
	return stepAt(s.Plan, s.Until)
}

// failing is asked about steps of a machine that failed; nil: nobody is there.
func (s *state) failing(m machine) func(context.Context, *packercore.ProvisionError, packercore.Way) packercore.Verdict {
	decide := s.attended(m)
	if s.Bench != nil && m.boot == stepBoot {
		decide = s.benched(m)
	}
	if decide == nil {
		return nil
	}
	return func(ctx context.Context, failed *packercore.ProvisionError, way packercore.Way) packercore.Verdict {
		v := decide(ctx, failed, way)
		if v != packercore.EndBuild {
			s.spoil("a step had failed in the build VM")
		}
		return v
	}
}

// benched has the bench decide about a step that failed.
func (s *state) benched(m machine) func(context.Context, *packercore.ProvisionError, packercore.Way) packercore.Verdict {
	return func(ctx context.Context, failed *packercore.ProvisionError, way packercore.Way) packercore.Verdict {
		if failed.Index >= len(m.steps) {
			return packercore.EndBuild
		}
		st := m.steps[failed.Index]
		stop := Stop{Plan: s.Plan, Next: failed.Index, Way: way}
		move, err := s.ask(ctx, stop, func() (Move, error) {
			move, err := s.Bench.Failed(ctx, stop, failed)
			if err == nil && move.Kind == GoOn && st.Hidden {
				err = &immovable{fmt.Errorf("%s failed: without it this is no image, so the run cannot go on as if it had not", st.Title())}
			}
			return move, err
		})
		switch {
		case err != nil:
			s.remark(st, fmt.Sprintf("nobody decided about this: %v", err))
			return packercore.EndBuild
		case move.Kind == GoOn:
			return packercore.GoOn
		case move.Kind == Again:
			return packercore.TryAgain
		}
		s.unwanted = move.Kind != Keep
		_ = s.leave(&move, failed.Index) // the build ends with the failure
		return packercore.EndBuild
	}
}

// immovable says why a move cannot be made.
type immovable struct{ error }

// ask asks a bench until its move can be made. An image template that comes with it is the run's from then on.
func (s *state) ask(ctx context.Context, at Stop, question func() (Move, error)) (Move, error) {
	for {
		move, err := question()
		if err == nil && move.Kind == Rewind {
			err = s.adopt(ctx, move)
		}
		var found *DiagnosticsError
		var not *immovable
		if cause := context.Cause(ctx); cause != nil {
			return move, cause
		}
		if !errors.As(err, &found) && !errors.As(err, &not) {
			return move, err
		}
		for _, line := range complaints(err) {
			s.emit(events.Event{Step: stepID(at.Plan, at.Next), Output: &events.Output{Stream: events.Say, Text: line}})
		}
	}
}

// complaints are the lines that say why a move cannot be made.
func complaints(err error) []string {
	var found *DiagnosticsError
	if !errors.As(err, &found) {
		return []string{err.Error()}
	}
	lines := []string{"the image template as it is now cannot be built, so the build VM stays where it is:"}
	for _, d := range found.List {
		lines = append(lines, d.String())
	}
	return lines
}

// stepID is the id of a step of p, and of what comes after the last one.
func stepID(p *plan.Plan, i int) string {
	if i < len(p.Steps) {
		return p.Steps[i].ID
	}
	return stepShutdown
}
