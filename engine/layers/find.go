package layers

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// FindOptions says which layers will do.
type FindOptions struct {
	At  []int // only layers before these steps; nil: before any
	Max int   // none deeper than before this step; 0: as deep as there is one
	// Will says whether a layer will do whose machine ran the steps from one on. It is asked about all of a chain. Nil: all do.
	Will func(l Layer, from int) bool
	// Disks says that the memory of layers is of no use. Else, of several layers of one key, one that has some is preferred.
	Disks bool
}

func (o FindOptions) allows(i int) bool {
	return (o.Max == 0 || i <= o.Max) && (o.At == nil || slices.Contains(o.At, i))
}

// Reuse says what of a build is there already.
type Reuse struct {
	From    int           // the first step that runs; 0: all do
	Of      int           // how many steps the build has
	Age     time.Duration // of the layer that the build goes on from; 0 with From 0
	Why     string        // one clause: why step From runs; "" if none does
	Damaged []string      // what was found to be of no use, a sentence each
	Barred  *Layer        // the one for which FindOptions.Will left out a layer deeper than From; nil: none was left out
}

// Find gives the deepest layer of a build that is intact, held, and says why the rest is not reused. The chain is nil where there is none;
// that is no error.
func (s *Store) Find(ctx context.Context, k Keys, o FindOptions) (*Chain, Reuse, error) {
	r := Reuse{Of: k.Len()}
	if err := s.awaitAll(ctx); err != nil {
		return nil, r, err
	}
	all, _, err := s.all()
	if err != nil {
		return nil, r, err
	}
	byKey := map[Key][]Layer{}
	for _, l := range all {
		if l.Damaged == "" {
			byKey[l.Key] = append(byKey[l.Key], l)
		}
	}
	blamed, barredAt := unwanted(o.Will, all), 0
	for i := k.Len(); i > 0; i-- {
		if !o.allows(i) {
			continue
		}
		for _, l := range preferred(byKey[k.At(i)], o.Disks) {
			if other, barred := blamed[l.ID]; barred {
				if r.Barred == nil {
					r.Barred, barredAt = &other, i
				}
				continue
			}
			c, notes, err := s.open(ctx, l.ID)
			r.Damaged = append(r.Damaged, notes...)
			if err == nil {
				r.From, r.Age = i, max(0, s.now().Sub(l.Made))
				if barredAt == i {
					r.Barred = nil
				}
				r.Why = s.why(k, r, o, all)
				return c, r, nil
			}
			if cause := context.Cause(ctx); cause != nil {
				return nil, r, cause
			}
			var gone *NoLayerError
			if !errors.As(err, &gone) {
				r.Damaged = append(r.Damaged, err.Error())
			}
		}
	}
	r.Why = s.why(k, r, o, all)
	return nil, r, nil
}

// unwanted gives, for each layer that will not do, the one in its chain that is to blame: itself, or the highest one below it.
func unwanted(will func(Layer, int) bool, all []Layer) map[string]Layer {
	if will == nil {
		return nil
	}
	byID := map[string]Layer{}
	for _, l := range all {
		byID[l.ID] = l
	}
	blamed := map[string]Layer{}
	for _, l := range all {
		at := l
		for range longestChain {
			below, more := byID[at.Parent]
			if !will(at, below.Next) {
				blamed[l.ID] = at
			} else if more {
				at = below
				continue
			}
			break // what cannot be opened, is not
		}
	}
	return blamed
}

// preferred puts the layer first that is best to go on from: it has memory, where that is of use, and it is the newest.
func preferred(layers []Layer, disks bool) []Layer {
	rank := func(l Layer) int {
		if l.Memory && !disks {
			return 0
		}
		return 1
	}
	layers = slices.Clone(layers)
	slices.SortStableFunc(layers, func(a, b Layer) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), b.Made.Compare(a.Made))
	})
	return layers
}

// awaitAll waits for what this process is publishing. What becomes of no layer is told by Wait.
func (s *Store) awaitAll(ctx context.Context) error {
	s.mu.Lock()
	var drafts []*Draft
	for _, d := range s.pending {
		drafts = append(drafts, d)
	}
	s.mu.Unlock()
	for _, d := range drafts {
		if _, err := d.Published(ctx); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
		}
	}
	return nil
}
