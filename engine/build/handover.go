package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/packercore"
)

// toVM is the move of a run that goes on in a VM. No bench makes it.
const toVM MoveKind = -1

// handOver ends the container, for the build to go on in a VM from how its disk is now. Where that is no layer already, it becomes one of
// this run alone. What cannot be handed over is built in a VM from the beginning.
func (s *state) handOver(ctx, run context.Context, at packercore.Boundary) error {
	i, m := s.bound()
	step := s.Plan.Steps[at.Next].ID
	if s.layering.moment != at.Next {
		if err := s.takeAlone(ctx, run, at); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			s.allInVM("the container could not be kept before " + s.Plan.Steps[at.Next].Title() + ": " + plainly(err))
			return s.leave(&Move{Kind: Rewind, To: at.Next}, at.Next)
		}
	}
	s.handed = s.layering.parent
	s.say(step, fmt.Sprintf("auto: %s: the build moves to a VM", s.needs(i, m)))
	s.noteMove(at.Next, s.needs(i, m))
	return s.leave(&Move{Kind: toVM, To: at.Next}, at.Next)
}

// takeAlone keeps the container as it stands for this run, which removes that at its end: no layers are wanted, or it is one that others
// may not have.
func (s *state) takeAlone(ctx, run context.Context, at packercore.Boundary) error {
	if at.Machine == nil {
		return errors.New("the builder cannot keep its machine")
	}
	way, err := json.Marshal(at.Way)
	if err != nil {
		return err
	}
	m := s.making(at.Next)
	m.Alone = true
	draft, err := s.LayerStore.Begin(ctx, m)
	if err != nil {
		return err
	}
	s.taken(draft)
	s.alone = append(s.alone, draft.ID)
	facts, err := at.Machine.Freeze(ctx, draft.Dir, false)
	if err != nil {
		return err
	}
	s.layering.parent, s.layering.moment = draft.ID, at.Next
	draft.PublishSoon(run, facts, way)
	return nil
}

// goOver gives the container up, and makes a VM ready that goes on from its disk.
func (s *state) goOver(ctx context.Context, to int) error {
	id, spoilt := s.handed, s.layering.spoilt
	s.handed = ""
	if spoilt == "" && s.touched() {
		spoilt = "somebody was in the build VM"
	}
	for _, draft := range s.layering.drafts {
		if draft.ID != id {
			continue
		}
		if _, err := draft.Published(ctx); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			s.allInVM("the container's disk could not be handed on: " + plainly(err))
			return s.another(ctx, to, s.startOver(to))
		}
	}
	if err := unstage(ctx, s); err != nil {
		return fmt.Errorf("remove the container to go on in a VM: %w", err)
	}
	s.use(s.Then)
	s.announceAgain(to)
	if err := s.adoptLayer(ctx, id); err != nil {
		return err
	}
	s.layering.spoilt = spoilt
	if s.isAlone(id) {
		s.layering.off = "the layer below is of this run alone"
	}
	if err := s.stageBuild(ctx); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return emitPacker(ctx, s)
}

// adoptLayer makes the machine of a layer the one that the next machine goes on from.
func (s *state) adoptLayer(ctx context.Context, id string) error {
	chain, err := s.LayerStore.Open(ctx, id)
	if err != nil {
		return fmt.Errorf("go on in a VM from the container's disk: %w", err)
	}
	if _, err := s.adoptChain(chain); err != nil {
		return err
	}
	l := s.layering
	l.from(chain)
	l.moment = chain.Top().Next
	s.standing.from, s.standing.over = chain.Top().Next, 0
	s.pin()
	if !s.isAlone(id) {
		s.writeIndex()
	}
	return nil
}

func (s *state) isAlone(id string) bool {
	for _, one := range s.alone {
		if one == id {
			return true
		}
	}
	return false
}

// removeAlone removes what was kept for this run alone, once nothing lies over it any more.
func (s *state) removeAlone(ctx context.Context) error {
	if s.kept != nil {
		return nil // what it lies over goes with it: see layers.Store.Prune
	}
	var errs []error
	for i := len(s.alone) - 1; i >= 0; i-- {
		_, err := s.LayerStore.Remove(context.WithoutCancel(ctx), false, s.alone[i])
		var none *layers.NoLayerError
		if errors.As(err, &none) {
			err = nil // it never became one
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// willDo reports whether all of a chain will do, as will says.
func (s *state) willDo(chain *layers.Chain) bool {
	will := s.will()
	if will == nil {
		return true
	}
	from := 0
	for _, l := range chain.Layers {
		if !will(l, from) {
			return false
		}
		from = l.Next
	}
	return true
}

// packerFolder makes room for the Packer template of this target. That of another one, which was run before, stays beside it.
func (s *state) packerFolder() error {
	s.packer = filepath.Join(s.active.Run().Dir, "packer")
	was, name := s.emitted, s.Target.Info().Name
	s.emitted = name
	if was == "" || was == name {
		return nil
	}
	beside := s.packer + "-" + was
	if err := os.RemoveAll(beside); err != nil {
		return err
	}
	return os.Rename(s.packer, beside)
}
