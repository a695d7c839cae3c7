package service

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
)

// runLedger is the ledger as a run sees it.
type runLedger struct {
	*Service
	remover ledger.Remover // of what the run has made elsewhere; nil: nothing is
}

func (l runLedger) Record(ctx context.Context, runID string, kind store.Kind, name string) error {
	_, err := l.store.Record(ctx, runID, kind, name)
	return err
}

func (l runLedger) Strike(ctx context.Context, runID string, kind store.Kind, name string) error {
	return l.store.Forget(ctx, runID, kind, name)
}

func (l runLedger) Keep(ctx context.Context, runID, how string) error {
	return l.store.Keep(ctx, runID, how)
}

// undoInAzure bounds the removal of what is in Azure, where a group with a machine in it takes minutes: more than the end of a run has
// for things on this machine.
const undoInAzure = 30 * time.Minute

// patient gives a context for removals.
func (l runLedger) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.remover == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), undoInAzure)
}

func (l runLedger) Undo(ctx context.Context, runID string) error {
	ctx, cancel := l.patient(ctx)
	defer cancel()
	return ledger.Undo(ctx, l.store, l.remover, runID)
}

// UndoOf implements build.Sparer.
func (l runLedger) UndoOf(ctx context.Context, runID string, which func(kind store.Kind, name string) bool) error {
	ctx, cancel := l.patient(ctx)
	defer cancel()
	return ledger.UndoOf(ctx, l.store, l.remover, runID, func(e store.Entry) bool { return which(e.Kind, e.Name) })
}

// A workshop is a store that makes its files beside their final place, under names that a killed process leaves behind. The
// download cache is none: it clears up when it is opened.
type workshop struct {
	list, take func(context.Context) ([]ledger.Leftover, error) // what is left; what was left and is gone now
}

func (s *Service) workshops() []workshop {
	images := func(f func(context.Context) ([]baseimage.Leftover, error)) func(context.Context) ([]ledger.Leftover, error) {
		return func(ctx context.Context) ([]ledger.Leftover, error) {
			left, err := f(ctx)
			var list []ledger.Leftover
			for _, l := range left {
				list = append(list, unrecorded(l.Path, l.What, l.Size))
			}
			return list, err
		}
	}
	published := func(f func(context.Context) ([]string, error)) func(context.Context) ([]ledger.Leftover, error) {
		return func(ctx context.Context) ([]ledger.Leftover, error) {
			paths, err := f(ctx)
			var list []ledger.Leftover
			for _, path := range paths {
				list = append(list, unrecorded(path, "unfinished image of the gallery", 0))
			}
			return list, err
		}
	}
	return []workshop{
		{images(s.images.Leftovers), images(s.images.Sweep)},
		{published(s.gallery.Leftovers), published(s.gallery.Sweep)},
	}
}

func unrecorded(path, what string, size int64) ledger.Leftover {
	return ledger.Leftover{Entry: store.Entry{Kind: store.File, Name: path}, What: what + ": " + path, Present: true, Bytes: size}
}

// Leftovers lists what killed runs left behind, without touching it: processes first, in the order Clean removes them. What a
// live run holds is not among it.
func (s *Service) Leftovers(ctx context.Context) ([]ledger.Leftover, error) {
	list, err := s.recorded(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range s.workshops() {
		left, err := w.list(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, left...)
	}
	return list, nil
}

// recorded lists what the ledger names, and folders that look like a run's and belong to none.
func (s *Service) recorded(ctx context.Context) ([]ledger.Leftover, error) {
	list, err := ledger.List(ctx, s.store)
	if err != nil {
		return nil, err
	}
	strays, err := ledger.Sweep(ctx, s.store)
	return append(list, strays...), err
}

// Clean removes what Leftovers lists and returns what is gone now. The error joins what could not be removed; the rest is
// removed all the same.
func (s *Service) Clean(ctx context.Context) ([]ledger.Leftover, error) {
	removed, err := s.remove(ctx, func(ledger.Leftover) bool { return true })
	errs := []error{err}
	for _, w := range s.workshops() {
		gone, err := w.take(ctx)
		removed, errs = append(removed, gone...), append(errs, err)
	}
	return removed, errors.Join(errs...)
}

// bury removes what dead runs left, and writes their end into their record. Unlike Clean it leaves what they were to keep, and a
// download that was cut off, which can be gone on with.
func (s *Service) bury(ctx context.Context) ([]ledger.Leftover, error) {
	return s.remove(ctx, func(l ledger.Leftover) bool { return l.Entry.Kept == "" })
}

// remove removes what dead runs recorded and which says, and writes their end into their record.
func (s *Service) remove(ctx context.Context, which func(ledger.Leftover) bool) ([]ledger.Leftover, error) {
	list, err := s.recorded(ctx)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(l ledger.Leftover) bool { return !which(l) })
	removed, err := ledger.Remove(ctx, s.store, nil, list)
	_, serr := s.store.Settle(ctx)
	return removed, errors.Join(err, serr)
}
