package layers

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Gone is one thing that Prune removed, or would.
type Gone struct {
	Layer  Layer  // the zero Layer for what is none
	Name   string // of its folder, or of its file in bases
	Memory bool   // the memory of the layer alone: its disk stays
	Bytes  int64
	Why    string
}

// Pruned is what Prune did.
type Pruned struct {
	Gone          []Gone
	Before, After int64  // bytes of all that is there
	Stays         string // why more is there than was asked for; "": it is not
}

// memoryWeight is how much sooner the memory of a layer goes than its disk: it is larger, and without it a build boots once instead of
// running all its steps.
const memoryWeight = 4

// Prune removes what is of no use, and then, of what was not used for longest, as much as is needed to keep within budget bytes: the memory
// of a layer counts as unused for four times as long as it was, and a disk goes only when nothing lies over it. What is in use stays. With
// dry nothing is removed.
func (s *Store) Prune(ctx context.Context, budget int64, dry bool) (Pruned, error) {
	release, err := s.alone(ctx)
	if err != nil {
		return Pruned{}, err
	}
	defer release()
	p := &pruning{s: s, dry: dry, gone: map[string]bool{}}
	if err := p.look(ctx); err != nil {
		return p.Pruned, err
	}
	if err := p.useless(); err != nil {
		return p.Pruned, err
	}
	for p.After > budget {
		if err := ctx.Err(); err != nil {
			return p.Pruned, context.Cause(ctx)
		}
		next, ok := p.next()
		if !ok {
			p.Stays = fmt.Sprintf("%d layers are in use", p.busy())
			break
		}
		if err := p.take(next); err != nil {
			return p.Pruned, err
		}
	}
	return p.Pruned, p.dropBases()
}

type pruning struct {
	s   *Store
	dry bool
	Pruned
	layers  []Layer
	strange []Strange
	pinned  map[string]string
	gone    map[string]bool // layers
}

func (p *pruning) look(ctx context.Context) (err error) {
	if p.layers, p.strange, err = p.s.List(ctx); err != nil {
		return err
	}
	if p.pinned, err = p.s.pinned(); err != nil {
		return err
	}
	u, err := p.s.Usage(ctx)
	p.Before, p.After = u.Total(), u.Total()
	return err
}

// useless removes what no build can go on from: unfinished layers, damaged ones, and those that lie over one.
func (p *pruning) useless() error {
	for _, it := range p.strange {
		if !it.Unfinished {
			continue
		}
		if err := p.remove(Gone{Name: it.Name, Bytes: treeBytes(filepath.Join(p.s.dir, it.Name)), Why: it.Why}); err != nil {
			return err
		}
	}
	broken := map[string]string{}
	for _, l := range p.layers { // parents first
		switch {
		case l.Damaged != "":
			broken[l.ID] = l.Damaged
		case l.Alone && !l.InUse:
			broken[l.ID] = "it was of a run alone that is over"
		case broken[l.Parent] != "":
			broken[l.ID] = fmt.Sprintf("layer %s, which it lies over, is of no use", l.Parent)
		}
	}
	for _, l := range slices.Backward(p.layers) { // children first
		why := broken[l.ID]
		if why == "" || l.InUse || p.builtOn(l.ID) {
			continue
		}
		if err := p.take(Gone{Layer: l, Name: l.ID, Bytes: l.DiskBytes + l.StateBytes, Why: why}); err != nil {
			return err
		}
	}
	return nil
}

// next is what was not used for longest, and may go.
func (p *pruning) next() (Gone, bool) {
	now := p.s.now()
	type candidate struct {
		gone   Gone
		unused time.Duration
	}
	var all []candidate
	for _, l := range p.layers {
		if p.gone[l.ID] || l.InUse {
			continue
		}
		unused := max(0, now.Sub(l.Used))
		why := "it was not used for longest"
		if l.Memory {
			all = append(all, candidate{Gone{Layer: l, Name: l.ID, Memory: true, Bytes: l.StateBytes, Why: why}, memoryWeight * unused})
		} else if !p.builtOn(l.ID) {
			all = append(all, candidate{Gone{Layer: l, Name: l.ID, Bytes: l.DiskBytes, Why: why}, unused})
		}
	}
	if len(all) == 0 {
		return Gone{}, false
	}
	return slices.MaxFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.unused, b.unused), cmp.Compare(a.gone.Layer.Next, b.gone.Layer.Next))
	}).gone, true
}

func (p *pruning) builtOn(id string) bool {
	return slices.ContainsFunc(p.layers, func(l Layer) bool { return l.Parent == id && !p.gone[l.ID] })
}

func (p *pruning) busy() (n int) {
	for _, l := range p.layers {
		if l.InUse && !p.gone[l.ID] {
			n++
		}
	}
	return n
}

// take removes one layer, or its memory, unless somebody began to use it since.
func (p *pruning) take(g Gone) error {
	at := slices.IndexFunc(p.layers, func(l Layer) bool { return l.ID == g.Layer.ID })
	if g.Memory {
		p.layers[at].Memory, p.layers[at].StateBytes = false, 0
	} else {
		p.gone[g.Layer.ID] = true
	}
	return p.remove(g)
}

func (p *pruning) remove(g Gone) error {
	if !p.dry {
		lock, err := p.s.claim(g.Name)
		if err != nil {
			return err
		}
		if lock == nil {
			if at := slices.IndexFunc(p.layers, func(l Layer) bool { return l.ID == g.Name }); at >= 0 {
				p.layers[at].InUse = true
				delete(p.gone, g.Name)
			}
			return nil
		}
		defer lock.Close()
		if g.Memory {
			err = p.s.forgetMemory(g.Layer)
		} else if p.lateChild(g.Name) {
			return nil
		} else {
			err = p.s.erase(g.Name)
		}
		if err != nil {
			return fmt.Errorf("remove layer %s: %w", g.Name, err)
		}
	}
	p.Gone = append(p.Gone, g)
	p.After -= g.Bytes
	return nil
}

// lateChild says whether a layer came to lie over this one since we looked.
func (p *pruning) lateChild(id string) bool {
	all, _, err := p.s.all()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(all, func(l Layer) bool { return l.Parent == id && !p.gone[l.ID] })
}

func (p *pruning) dropBases() error {
	if p.dry {
		return nil
	}
	return p.s.dropBases()
}
