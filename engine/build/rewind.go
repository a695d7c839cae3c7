package build

import (
	"context"
	"errors"
	"fmt"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/plan"
)

// buildImage boots the build VM and runs the customizers in it; and again, with another machine, as often as somebody wants to go back.
func buildImage(ctx context.Context, s *state) error {
	if s.Bench != nil {
		s.unwanted = !s.Plan.OnError.KeepBuildVM // the builder leaves each machine standing, for the bench to decide
	}
	for {
		if s.finished() {
			s.takeFinished()
			return nil
		}
		if until := s.until(); s.Bench == nil && !s.looksIn() && until >= 0 && s.standing.from >= until {
			s.stopped = stoppedAt(s.Plan, until)
			return nil
		}
		s.standing.move, s.standing.up, s.standing.tmpKept, s.seen = nil, false, false, nil
		s.standing.left.Store(false)
		err := s.attempt(ctx)
		move := s.standing.move
		switch {
		case err == nil:
			s.unwanted = false
			return s.keepDisk(ctx)
		case context.Cause(ctx) != nil:
			return err
		case move == nil && s.standing.from > 0 && !s.standing.up && s.Layers.From == "":
			if err := s.doWithout(ctx, err); err != nil {
				return err
			}
		case move == nil:
			return err
		case move.Kind == toVM:
			if err := s.goOver(ctx, move.To); err != nil {
				return err
			}
		case move.Kind == Rewind:
			if err := s.goBack(ctx, *move); err != nil {
				return err
			}
		case errors.Is(err, errMoved):
			s.stopped = stoppedAt(s.Plan, s.standing.at)
			return nil
		default:
			return err // a step failed, and that was the end
		}
	}
}

// keepDisk takes the disk that the build VM left, and keeps it for a build that is all the same.
func (s *state) keepDisk(ctx context.Context) error {
	if err := s.collect(ctx); err != nil {
		return err
	}
	s.keepFinal(ctx)
	return nil
}

// attempt runs the steps in one build VM.
func (s *state) attempt(ctx context.Context) error {
	if s.Start != nil {
		return s.fromStart(ctx)
	}
	return s.orOtherSize(ctx, func() error {
		return s.run(ctx, machine{
			staged: s.staged, folder: s.packer, steps: s.Plan.Steps, from: s.standing.from,
			boot: stepBoot, shutdown: stepShutdown, sub: store.Customizing, console: "console.log",
			onError: onError(s.Plan.OnError.KeepBuildVM || s.Bench != nil),
		})
	})
}

// goBack gives the build VM up, and makes another one ready for the steps that are run again.
func (s *state) goBack(ctx context.Context, move Move) error {
	return s.another(ctx, move.To, s.startOver(move.To))
}

// doWithout starts from the source after a layer did not come up as a machine: that is no failure of the build.
func (s *state) doWithout(ctx context.Context, failed error) error {
	s.say(stepBoot, fmt.Sprintf("layers: layer %s does not start, so the build starts from its source: %v", s.layering.parent, failed))
	if s.container != nil && s.inVM == "" && s.Target == s.Then {
		s.allInVM("the one that was to go on from a container did not come up") // and would not the next time either
	}
	return s.another(ctx, 0, start{})
}

// another removes the build VM, and makes one ready that starts elsewhere.
func (s *state) another(ctx context.Context, to int, at start) error {
	if err := unstage(ctx, s); err != nil {
		return fmt.Errorf("remove the build VM to start another one: %w", err)
	}
	s.announceAgain(to)
	if err := s.stageFrom(ctx, at); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return emitPacker(ctx, s)
}

// adopt makes the image template that comes with a move the run's, if it can be made exact. After an error the run has the one it had.
func (s *state) adopt(ctx context.Context, move Move) error {
	if move.Plan == nil {
		move.Plan = s.Plan
	}
	if move.To < 0 || move.To > len(move.Plan.Steps) {
		return &immovable{fmt.Errorf("there is no step %d to go back to: the image template has %d", move.To, len(move.Plan.Steps))}
	}
	was, files, base, did := s.Plan, s.files, s.base, s.did
	s.Plan, s.files, s.did = move.Plan, nil, nil // what steps did that may not be there any more
	err := takeExactly(ctx, s)
	if err == nil {
		err = placeSteps(ctx, s)
	}
	if err != nil {
		s.Plan, s.files, s.base, s.did = was, files, base, did
	}
	return err
}

// announceAgain tells the views which steps come again.
func (s *state) announceAgain(from int) {
	for i, st := range s.Plan.Steps {
		if i >= from {
			s.emit(events.Event{Step: st.ID, State: &events.State{Phase: events.Pending, Title: st.Title()}})
		}
	}
}

// has makes a part of the story of what the image template wants when it comes to it: that may be another one than at the beginning. A
// run that was stopped has no image to go on with.
func has(wants func(*plan.Plan) bool, do func(context.Context, *state) error) func(context.Context, *state) error {
	return func(ctx context.Context, s *state) error {
		if s.stopped != nil || !wants(s.Plan) {
			return nil
		}
		return do(ctx, s)
	}
}
