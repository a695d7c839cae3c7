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
		s.standing.move = nil
		s.standing.left.Store(false)
		err := s.attempt(ctx)
		move := s.standing.move
		switch {
		case err == nil:
			s.unwanted = false
			return s.collect(ctx)
		case move == nil || context.Cause(ctx) != nil:
			return err
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
	if err := unstage(ctx, s); err != nil {
		return fmt.Errorf("remove the build VM to go back: %w", err)
	}
	s.standing.from = 0
	s.announceAgain(move.To)
	if err := stage(ctx, s); err != nil {
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
	was, files, base := s.Plan, s.files, s.base
	s.Plan, s.files = move.Plan, nil
	err := takeExactly(ctx, s)
	if err != nil {
		s.Plan, s.files, s.base = was, files, base
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
