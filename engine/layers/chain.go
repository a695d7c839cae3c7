package layers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// Chain is a layer and all that it lies over. Nobody removes them before Release.
type Chain struct {
	Layers []Layer // from the first one, over the base image, to Top
	locks  []*flock.Flock
}

// Top is the layer that was asked for.
func (c *Chain) Top() Layer { return c.Layers[len(c.Layers)-1] }

// Release gives the layers back. A released chain may be released again.
func (c *Chain) Release() error {
	var errs []error
	for _, lock := range c.locks {
		errs = append(errs, lock.Close())
	}
	c.locks = nil
	return errors.Join(errs...)
}

// NoLayerError says that there is no layer of an ID.
type NoLayerError struct{ ID string }

// Error names it.
func (e *NoLayerError) Error() string { return fmt.Sprintf("there is no layer %q", e.ID) }

// DamagedError says that a layer is of no use, or one below it.
type DamagedError struct {
	ID  string // the layer at fault
	Why string // one clause
}

// Error names the layer and the reason.
func (e *DamagedError) Error() string { return fmt.Sprintf("layer %s cannot be used: %s", e.ID, e.Why) }

// Open gives a layer with all it lies over, verified. The error is a *NoLayerError, a *DamagedError, or that of the context. A layer whose
// memory alone is damaged loses it, and opens as a disk.
func (s *Store) Open(ctx context.Context, id string) (*Chain, error) {
	if err := s.awaitAll(ctx); err != nil {
		return nil, err
	}
	if id == "" {
		return nil, &NoLayerError{}
	}
	c, _, err := s.open(ctx, id)
	return c, err
}

// open also gives notes on what was found and lived with.
func (s *Store) open(ctx context.Context, id string) (c *Chain, notes []string, err error) {
	c = &Chain{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Release())
			c = nil
		}
	}()
	above := Layer{}
	for next := id; next != ""; next = above.Parent {
		l, note, err := s.hold(ctx, c, next, above)
		if err != nil {
			return c, notes, err
		}
		if note != "" {
			notes = append(notes, note)
		}
		above = l
		c.Layers = append(c.Layers, l)
	}
	if err := above.Base.intact(); err != nil {
		return c, notes, &DamagedError{ID: above.ID, Why: err.Error()}
	}
	slices.Reverse(c.Layers)
	s.touch(c)
	return c, notes, nil
}

// hold takes one layer of a chain. The record is read under the lock: before it, the layer may just be going.
func (s *Store) hold(ctx context.Context, c *Chain, id string, above Layer) (l Layer, note string, err error) {
	if _, err := s.read(id); errors.Is(err, fs.ErrNotExist) {
		return l, "", missing(id, above)
	}
	lock, err := s.use(ctx, id)
	if err != nil {
		return l, "", &DamagedError{ID: id, Why: err.Error()}
	}
	c.locks = append(c.locks, lock)
	l, err = s.read(id)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l, "", missing(id, above)
	case err != nil:
		return l, "", &DamagedError{ID: id, Why: err.Error()}
	case above.ID != "" && (l.Next > above.Next || len(c.locks) > longestChain): // both may be the same moment, with and without memory
		return l, "", &DamagedError{ID: above.ID, Why: fmt.Sprintf("it comes before %s, which it lies over", id)}
	}
	top := above.ID == ""
	err = s.verify(ctx, l, top)
	var bad *damage
	if errors.As(err, &bad) && bad.memory {
		note = fmt.Sprintf("the memory of layer %s is not used, only its disk: %s", id, bad)
		if err := s.forgetMemory(l); err != nil {
			return l, "", &DamagedError{ID: id, Why: err.Error()}
		}
		l.Memory, l.StateBytes = false, 0
		err = s.verify(ctx, l, top)
	}
	if errors.As(err, &bad) {
		s.markDamaged(id, bad.Error())
		return l, note, &DamagedError{ID: id, Why: bad.Error()}
	}
	return l, note, err
}

func missing(id string, above Layer) error {
	if above.ID == "" {
		return &NoLayerError{ID: id}
	}
	return &DamagedError{ID: above.ID, Why: fmt.Sprintf("layer %s, which it lies over, is gone", id)}
}

// forgetMemory removes the memory of a layer, which is a disk to boot from then.
func (s *Store) forgetMemory(l Layer) error {
	dir, err := s.folder(l.ID)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Remove(StateFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// markDamaged keeps others from reading all of a layer again to find the same. If it cannot, they will.
func (s *Store) markDamaged(id, why string) {
	dir, err := s.folder(id)
	if err != nil {
		return
	}
	defer dir.Close()
	_ = writeFile(dir, damagedFile, []byte(why))
}

// touch says that the layers were used now. It is no matter if it cannot: they seem older than they are.
func (s *Store) touch(c *Chain) {
	now := s.now()
	for i, l := range c.Layers {
		path := filepath.Join(l.Dir, usedFile)
		if os.Chtimes(path, time.Time{}, now) == nil {
			c.Layers[i].Used = now.UTC()
		}
	}
}
