package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// layering is what a run does with layers: which one its build VM goes on from, and those that it leaves itself.
type layering struct {
	keys   layers.Keys
	base   layers.Base
	chain  *layers.Chain // that the build VM goes on from; nil: its source
	key    string        // of the build user in that VM
	parent string        // ID of the layer that the build VM's disk lies over; "": the source
	moment int           // the step before which that layer is; 0: the source
	spoilt string        // why the build VM is not what the steps made of it; "": it is

	held   []releaser // for the life of the run
	drafts []*layers.Draft
	final  *layers.Draft // nil: none yet

	work sync.WaitGroup // what waits for drafts
	mu   sync.Mutex
	off  string // why no more layers are taken; "": they are
	index
}

type releaser interface{ Release() error }

// finished reports whether the disk of an earlier run is all that is wanted, so that no VM has to boot.
func (s *state) finished() bool {
	return s.layering != nil && s.layering.chain != nil && s.layering.chain.Top().Final
}

// start says where a build VM may start.
type start struct {
	most  int  // not behind this step
	least int  // not before this step
	own   bool // only layers of this run will do
}

// firstStart is what was asked for.
func (s *state) firstStart() start {
	at := start{most: len(s.Plan.Steps)}
	if s.Bench != nil {
		at.most-- // a finished disk is no machine to decide about
	}
	for _, i := range []int{stepAt(s.Plan, s.Layers.Again), s.until()} {
		if i >= 0 {
			at.most = min(at.most, i)
		}
	}
	if s.Layers.Fresh {
		at.most = 0
	}
	if i := stepAt(s.Plan, s.Layers.From); i >= 0 {
		at.most, at.least = min(at.most, i), i
	}
	return at
}

// startOver is where the build VM may start after a move.
func (s *state) startOver(to int) start {
	return start{most: min(to, len(s.Plan.Steps)-1), own: s.Layers.Fresh}
}

// begin decides where the build VM starts. Whatever is wrong with layers, the answer is a build that starts further up, but where a person
// asked for a layer: a *NoLayerError.
func (s *state) begin(ctx context.Context, at start) error {
	s.standing.from = 0
	why := s.noLayers()
	if why == "" {
		found, err := s.find(ctx, at)
		if err == nil && s.standing.from >= at.least {
			s.tellReuse(found)
			return nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		why = found.Why
		if err != nil {
			why = err.Error()
			s.say(stepResolve, "layers: none is used or kept: "+why)
			s.letGo(ctx)
			s.layering = nil
		}
	} else {
		if s.Layers.on() && s.LayerStore != nil {
			s.say(stepResolve, "layers: none is used or kept: "+why)
		}
		if err := s.overLayers(ctx, why); err != nil {
			return err
		}
	}
	if at.least > 0 {
		return &NoLayerError{Title: s.Plan.Steps[at.least].Title(), Reason: why}
	}
	return nil
}

// noLayers says why the run has nothing to do with layers; "": it has.
func (s *state) noLayers() string {
	switch {
	case !s.Layers.on():
		return "they are switched off"
	case s.LayerStore == nil:
		return "there are none of build VMs elsewhere"
	case s.Plan.OS != plan.Linux:
		return "they are kept of build VMs with Linux"
	}
	return ""
}

// find looks for the deepest layer that will do.
func (s *state) find(ctx context.Context, at start) (layers.Reuse, error) {
	l, err := s.startLayering(ctx)
	if err != nil {
		return layers.Reuse{}, err
	}
	found := layers.Reuse{Of: len(s.Plan.Steps), Why: "it was asked for"}
	var chain *layers.Chain
	switch {
	case at.most <= 0:
	case at.own:
		chain, err = s.findOwn(ctx, at.most)
	default:
		o := layers.FindOptions{Max: at.most, Will: s.will(), Disks: s.Target.Info().Container && s.container == nil}
		if at.least > 0 {
			o.At = []int{at.least}
		}
		chain, found, err = s.LayerStore.Find(ctx, l.keys, o)
		if found.Barred != nil {
			found.Why = s.barred(*found.Barred)
		}
	}
	if err != nil {
		return found, err
	}
	if chain != nil {
		if chain, err = s.adoptChain(chain); err != nil {
			found.Damaged, found.Why = append(found.Damaged, err.Error()), "what was kept cannot be used"
			found.From = 0
		}
	}
	l.from(chain)
	if chain != nil {
		s.standing.from, found.From = chain.Top().Next, chain.Top().Next
		l.moment = chain.Top().Next
	}
	s.noteReused(chain)
	s.pin()
	s.writeIndex()
	return found, nil
}

// startLayering begins with layers anew: those of a machine that starts from the source.
func (s *state) startLayering(ctx context.Context) (*layering, error) {
	base, err := s.LayerStore.PinBase(ctx, s.base.Path, s.base.Format, s.base.SHA256)
	if err != nil {
		return nil, err
	}
	l := s.layering
	if l == nil {
		l = &layering{}
		s.layering = l
	}
	l.base, l.chain, l.key, l.parent, l.spoilt, l.off, l.moment = base, nil, "", "", "", "", 0
	l.keys = s.LayerStore.Keys(s.profile(base), s.Plan.Steps)
	return l, nil
}

// overLayers lets a run hand its machine on that keeps no layers: what is handed on is one all the same, of this run alone.
func (s *state) overLayers(ctx context.Context, off string) error {
	if s.LayerStore == nil || s.Then == nil || !s.Target.Info().Container && s.layering == nil {
		return nil
	}
	l, err := s.startLayering(ctx)
	if err != nil {
		return err
	}
	l.off = off
	l.from(nil)
	s.noteReused(nil)
	s.pin()
	return nil
}

// findOwn gives the deepest layer that this run has left itself; nil: none.
func (s *state) findOwn(ctx context.Context, most int) (*layers.Chain, error) {
	l := s.layering
	for i := most; i > 0; i-- {
		id := l.at(i)
		if id == "" {
			continue
		}
		chain, err := s.LayerStore.Open(ctx, id)
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		if err != nil {
			continue // it was not published, or is gone
		}
		if chain.Top().Key == l.keys.At(i) && s.willDo(chain) {
			return chain, nil
		}
		if err := chain.Release(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// adoptChain holds a chain for the life of the run, and opens what its machine is signed in to with.
func (s *state) adoptChain(chain *layers.Chain) (*layers.Chain, error) {
	l := s.layering
	l.held = append(l.held, chain)
	top := chain.Top()
	if top.Final {
		l.chain = chain
		return chain, nil
	}
	text, err := s.LayerStore.Way(top)
	var way packercore.Way
	if err == nil {
		err = json.Unmarshal(text, &way)
	}
	if err != nil {
		return nil, fmt.Errorf("layer %s cannot be signed in to: %w", top.ID, err)
	}
	l.chain, l.key, l.parent = chain, way.PrivateKey, top.ID
	return chain, nil
}

// profile is what the build VM was asked to be.
func (s *state) profile(base layers.Base) layers.Profile {
	asked := func(text string) string {
		if text == "auto" {
			return ""
		}
		return text
	}
	firmware := asked(s.Machine.Firmware)
	if firmware == "" {
		firmware = s.base.Machine.Firmware // what Ingot chooses then
	}
	return layers.Profile{
		Base: base, CPUs: s.Machine.CPUs, MemoryMiB: s.Machine.MemoryMiB, Firmware: firmware,
		Accelerator: asked(s.Machine.Accelerator), DiskSize: s.Plan.OSDiskSizeGB << 30, OS: s.Plan.OS,
		Metadata: s.answering.on,
	}
}

// stageBuild makes ready what the build VM needs.
func (s *state) stageBuild(ctx context.Context) (err error) {
	if s.finished() {
		return s.Ledger.Record(ctx, s.id, store.Directory, s.stagingDir()) // of the validation VM, if there is one
	}
	r := s.stageRequest(s.stagingDir(), s.base, sourceOnly(s.Plan))
	if l := s.layering; l != nil {
		r.Base.Path, r.BaseStays = l.base.Path, true
		if l.chain != nil {
			top := l.chain.Top()
			r.Layer = &target.Layer{Dir: top.Dir, Facts: top.Facts, PrivateKey: l.key}
		}
	}
	s.staged, err = s.Target.Stage(ctx, r)
	return err
}

// takeFinished makes the finished disk of an earlier run this run's.
func (s *state) takeFinished() {
	s.built = target.Disk{
		Path: layerDisk(s.layering.chain.Top()), Format: "qcow2", Machine: s.base.Machine.Generalized(),
	}
}

// stopLayers takes no more layers, and says so once.
func (s *state) stopLayers(step, why string) {
	l := s.layering
	l.mu.Lock()
	was := l.off
	l.off = why
	l.mu.Unlock()
	if was == "" {
		s.say(step, "layers: none is kept from here on: "+why)
	}
}

func (l *layering) isOff() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.off != ""
}

// spoil notes that something else than the steps has changed the build VM: no later build may start from it.
func (s *state) spoil(why string) {
	if s.layering != nil && s.layering.spoilt == "" {
		s.layering.spoilt = why
	}
}

// letGo gives back what the run held, once its VMs are gone, and keeps the layers within their budget.
func (s *state) letGo(ctx context.Context) {
	l := s.layering
	if l == nil {
		return
	}
	var errs []error
	if s.kept == nil {
		errs = append(errs, s.LayerStore.Unpin(s.id))
	}
	for _, one := range l.held {
		errs = append(errs, one.Release())
	}
	errs = append(errs, s.removeAlone(ctx))
	if len(l.drafts) > len(s.alone) {
		pruned, err := s.LayerStore.Prune(context.WithoutCancel(ctx), s.Layers.budget(), false)
		errs = append(errs, err)
		s.tellPruned(pruned)
	}
	if err := errors.Join(errs...); err != nil {
		s.say("", "layers: "+err.Error())
	}
}

// tellPruned says what had to go so that layers keep within their budget. What was of no use to anybody is not worth a word.
func (s *state) tellPruned(p layers.Pruned) {
	const gib = 1 << 30
	whole, memories := 0, 0
	for _, gone := range p.Gone {
		switch {
		case gone.Memory:
			memories++
		case gone.Layer.ID != "" && gone.Layer.Damaged == "":
			whole++
		}
	}
	if whole+memories > 0 {
		s.say("", fmt.Sprintf("layers: to keep within %.1f GiB, %d of those used longest ago were removed, and the memory of %d",
			float64(s.Layers.budget())/gib, whole, memories))
	}
	if p.Stays != "" {
		s.say("", fmt.Sprintf("layers: they take %.1f GiB, more than the %.1f GiB that they may: %s",
			float64(p.After)/gib, float64(s.Layers.budget())/gib, p.Stays))
	}
}

func (u LayerUse) budget() int64 {
	if u.Budget > 0 {
		return u.Budget
	}
	return DefaultLayerBudget
}

// say says something in a step; "" is the run as a whole.
func (s *state) say(step, text string) {
	s.emit(events.Event{Step: step, Output: &events.Output{Stream: events.Say, Text: text}})
}
