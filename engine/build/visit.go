package build

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/steps"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/emit"
)

// Visit is a build VM of an earlier run that is brought back for a look inside. What is done in it is gone with it.
type Visit struct {
	Asked *Asked    // what the earlier run was asked for
	Of    store.Run // the earlier run: its folder has the Packer template, with its files
	Layer string    // ID of what was kept of the machine; "": it is one that starts from the source
	// Do is called once the machine is up, with the way into it. The machine is removed when it returns.
	Do func(ctx context.Context, way packercore.Way) error
}

// visitPatience bounds a visit: longer than anybody looks, and not for ever.
const visitPatience = 24 * time.Hour

// Visit brings a machine back, and takes it down again. active is a run of its own. The error is that of Do, or one as Run gives.
func (b *Builder) Visit(
	ctx context.Context, v Visit, active *store.ActiveRun, mask *events.Mask, emit func(events.Event),
) (res Result, err error) {
	p := *v.Asked.Plan
	p.OnError.KeepBuildVM = false
	var said error // what Do said
	r := Request{Plan: &p, Machine: v.Asked.Machine, Timeout: visitPatience}
	res, err = b.tell(ctx, r, active, mask, emit, func(s *state) []steps.Step[state] {
		s.base = v.Asked.Base
		s.visit = func(ctx context.Context, way packercore.Way) { said = v.Do(ctx, way) }
		return []steps.Step[state]{
			{Name: "check host", Do: checkHost},
			{Name: "stage", Do: func(ctx context.Context, s *state) error { return stageVisit(ctx, s, v.Layer) }, Undo: unstage, Patience: removal},
			{Name: "emit", Do: func(_ context.Context, s *state) error { return emitVisit(s, v.Of) }},
			{Name: "visit", Do: visitMachine},
		}
	})
	if err == nil {
		err = said
	}
	return res, err
}

// stageVisit makes the machine ready that a layer has.
func stageVisit(ctx context.Context, s *state, layer string) error {
	s.setState(ctx, store.Running, store.Building)
	s.standing.from = len(s.Plan.Steps) // none is run
	if layer == "" {
		return s.stageBuild(ctx)
	}
	chain, err := s.LayerStore.Open(ctx, layer)
	if err != nil {
		return err
	}
	s.layering = &layering{}
	if chain.Top().Final {
		return errors.Join(errors.New("a finished disk has nobody on it who may sign in: look at what stood before its last step"), chain.Release())
	}
	if _, err := s.adoptChain(chain); err != nil {
		return err
	}
	s.layering.base = chain.Layers[0].Base
	s.base.Format = s.layering.base.Format
	s.pin()
	return s.stageBuild(ctx)
}

// emitVisit writes the Packer template of the earlier run again, for this Ingot.
func emitVisit(s *state, of store.Run) error {
	folder, err := emit.Packer(s.Plan, s.emitOptions())
	if err != nil {
		return err
	}
	s.packer = filepath.Join(s.active.Run().Dir, "packer")
	return WriteFolder(folder, s.packer, filesOf(s.Plan, filepath.Join(of.Dir, "packer")))
}

// visitMachine has the machine up for as long as somebody wants it.
func visitMachine(ctx context.Context, s *state) error {
	err := s.attempt(ctx)
	if errors.Is(err, errMoved) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("the machine ended before anybody was in it")
	}
	return err
}
