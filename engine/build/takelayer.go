package build

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/vhd"
)

// takeLayer keeps the build VM as it stands between two steps. A layer that cannot be taken costs the next build some time; it never costs
// this one its success. What is kept is made a layer while the run goes on, which the build VM, and ctx with it, need not outlast.
func (s *state) takeLayer(ctx, run context.Context, at packercore.Boundary) {
	l := s.layering
	if l == nil || l.isOff() || at.Next < 1 || at.Next >= len(s.Plan.Steps) || at.Next < s.standing.from {
		return
	}
	memory := s.Layers.Mode == LayersOn && !s.Target.Info().Container
	if at.Next == s.standing.from && (l.chain == nil || l.chain.Top().Memory || !memory) {
		return // it is kept already
	}
	step := s.Plan.Steps[at.Next].ID
	if why := s.unfit(at); why != "" {
		s.stopLayers(step, why)
		return
	}
	way, err := json.Marshal(at.Way)
	if err != nil {
		s.stopLayers(step, err.Error())
		return
	}
	draft, err := s.LayerStore.Begin(ctx, s.making(at.Next))
	if err != nil {
		s.stopLayers(step, plainly(err))
		return
	}
	s.taken(draft) // whatever comes of it: the running disk may lie over it from now on
	s.standing.freezing.Store(&step)
	facts, err := at.Machine.Freeze(ctx, draft.Dir, memory)
	s.standing.freezing.Store(nil)
	if err != nil {
		if context.Cause(ctx) == nil {
			s.stopLayers(step, plainly(err))
		}
		return
	}
	l.parent, l.moment = draft.ID, at.Next
	draft.PublishSoon(run, facts, way)
	l.work.Go(func() { s.noteLayer(run, draft, at.Next, step) })
}

// unfit says why the build VM must not be kept, or cannot; "": it can.
func (s *state) unfit(at packercore.Boundary) string {
	switch {
	case at.Machine == nil:
		return "the builder cannot keep its machine"
	case s.touched():
		return "somebody was in the build VM"
	}
	return s.layering.spoilt
}

// making is what a layer before a step is.
func (s *state) making(next int) layers.Making {
	return layers.Making{
		Parent: s.layering.parent, Keys: s.layering.keys, Next: next, Template: s.Plan.Name, Run: s.id, Base: s.layering.base,
		Target: s.Target.Info().Name, Bound: s.didBefore(next),
		Final: next == len(s.Plan.Steps),
		Record: func(ctx context.Context, path string) error {
			return s.Ledger.Record(ctx, s.id, store.Directory, path)
		},
		Strike: func(ctx context.Context, path string) error {
			return s.Ledger.Strike(ctx, s.id, store.Directory, path)
		},
	}
}

// taken holds a draft for the life of the run: the running disk lies over it, whatever becomes of it.
func (s *state) taken(draft *layers.Draft) {
	s.layering.held = append(s.layering.held, draft)
	s.layering.drafts = append(s.layering.drafts, draft)
	s.pin()
}

// noteLayer waits for a draft to be a layer, and writes it into the run's index.
func (s *state) noteLayer(ctx context.Context, draft *layers.Draft, next int, step string) {
	if _, err := draft.Published(ctx); err != nil {
		if context.Cause(ctx) == nil {
			s.stopLayers(step, plainly(err))
		}
		return
	}
	s.layering.put(next, draft.ID, next == s.layering.keys.Len())
	s.writeIndex()
}

// keepFinal keeps the finished disk: a second name of it, or a copy where the layers lie on another file system.
func (s *state) keepFinal(ctx context.Context) {
	l := s.layering
	if l == nil || l.isOff() || s.built.Format != "qcow2" || s.built.Path == "" {
		return
	}
	if why := s.unfitFinal(); why != "" {
		s.stopLayers(stepShutdown, why)
		return
	}
	next := len(s.Plan.Steps)
	draft, err := s.LayerStore.Begin(ctx, s.making(next))
	if err == nil {
		err = linkOrCopy(ctx, s.built.Path, filepath.Join(draft.Dir, layers.DiskFile))
		if err != nil {
			err = errors.Join(err, draft.Discard(ctx))
		}
	}
	if err != nil {
		s.stopLayers(stepShutdown, plainly(err))
		return
	}
	s.taken(draft)
	l.final = draft
	draft.PublishSoon(ctx, nil, nil)
	l.work.Go(func() { s.noteLayer(ctx, draft, next, stepShutdown) })
}

func (s *state) unfitFinal() string {
	if s.touched() {
		return "somebody was in the build VM"
	}
	return s.layering.spoilt
}

func linkOrCopy(ctx context.Context, from, to string) error {
	err := os.Link(from, to)
	if errors.Is(err, syscall.EXDEV) {
		return vhd.Copy(ctx, from, to)
	}
	return err
}

// plainly words why a layer could not be kept.
func plainly(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return "no space is left on the disk; make some with: ingot layers prune"
	}
	return err.Error()
}

// settleLayers waits for all layers that are on their way, so that nothing is removed that is about to be one. What is on its way when a
// run is cancelled ends with it.
func (s *state) settleLayers() {
	if s.layering != nil {
		s.layering.work.Wait()
	}
}

// pin keeps the layers under this run's machine for as long as its staging directory is there, also when this process is gone.
func (s *state) pin() {
	l := s.layering
	var ids []string
	if l.chain != nil {
		for _, one := range l.chain.Layers {
			ids = append(ids, one.ID)
		}
	}
	for _, draft := range l.drafts {
		ids = append(ids, draft.ID)
	}
	if err := s.LayerStore.Pin(s.id, s.stagingDir(), ids...); err != nil {
		s.say("", "layers: "+err.Error())
	}
}
