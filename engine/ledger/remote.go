package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/store"
)

// A Remover looks at and removes things that are not on this machine: those in Azure. It is safe for concurrent use.
type Remover interface {
	// Order says when an entry is removed: lower ones first, those with the same number at once.
	Order(e store.Entry) int
	// Look tells what an entry names.
	Look(ctx context.Context, e store.Entry) (Sight, error)
	// Remove returns nil once the thing is seen to be gone. What is there and is not provably what the entry's run made is left, with
	// a *StaysError.
	Remove(ctx context.Context, e store.Entry) error
}

// Sight is what a Remover sees of an entry.
type Sight struct {
	What    string // for a person: "virtual machine pkrvm1a2b of resource group IT_x"
	Present bool
	Why     string // it is a dead run's: "run 3f2a9c1e made it and is over"
	Does    string // what Remove does, where it is not a deletion
	Stays   string // why Remove would not remove it; "" if it would
}

// StaysError says why a thing was left where it is.
type StaysError struct{ Why string }

func (e *StaysError) Error() string { return e.Why }

// errNoRemover is for a thing in Azure where nobody has signed in there.
var errNoRemover = errors.New("nobody is signed in to Azure here")

// atOnce bounds how many things a Remover is asked for at the same time.
const atOnce = 8

// Remote lists what dead runs left elsewhere according to the ledger, what they keep included, in the order of removal. Without a
// Remover nothing is looked at: the entries alone are given.
func Remote(ctx context.Context, st *store.Store, rm Remover) ([]Leftover, error) {
	list, err := dead(ctx, st, store.AzureResource)
	if err != nil || rm == nil {
		return list, err
	}
	slices.SortStableFunc(list, func(a, b Leftover) int { return cmp.Compare(rm.Order(a.Entry), rm.Order(b.Entry)) })
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range list {
		group.Go(func() error {
			l := &list[i]
			seen, err := rm.Look(gctx, l.Entry)
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			if err != nil { // what cannot be read may be there, and is not removed
				seen = Sight{What: l.What, Present: true, Stays: err.Error()}
			}
			l.What, l.Present, l.Why, l.Does, l.Stays = seen.What, seen.Present, seen.Why, seen.Does, seen.Stays
			return nil
		})
	}
	return list, group.Wait()
}

// removeRemote removes entries with a Remover, those of one order at once and the others after them. done is called for each, never
// at the same time, with nil or a *RemoveError.
func removeRemote(ctx context.Context, rm Remover, list []Leftover, one func(Leftover) error, done func(Leftover, error)) {
	if rm != nil {
		slices.SortStableFunc(list, func(a, b Leftover) int { return cmp.Compare(rm.Order(a.Entry), rm.Order(b.Entry)) })
	}
	var mu sync.Mutex
	for len(list) > 0 {
		n := 1
		for rm != nil && n < len(list) && rm.Order(list[n].Entry) == rm.Order(list[0].Entry) {
			n++
		}
		var group errgroup.Group
		group.SetLimit(atOnce)
		for _, l := range list[:n] {
			group.Go(func() error {
				err := context.Cause(ctx)
				if err == nil {
					err = one(l)
				}
				mu.Lock()
				defer mu.Unlock()
				done(l, err)
				return nil
			})
		}
		_ = group.Wait() // done has the errors
		list = list[n:]
	}
}

// besideLiveRemote fails if removing an entry would remove what a live run has in there.
func besideLiveRemote(e store.Entry, all []store.Entry, held func(run string) (bool, error)) error {
	inside := strings.ToLower(e.Name) + "/"
	for _, other := range all {
		name := strings.ToLower(other.Name)
		if other.Kind != e.Kind || other.Run == e.Run || name+"/" != inside && !strings.HasPrefix(name, inside) {
			continue
		}
		if live, err := held(other.Run); err != nil || live {
			return cmp.Or(err, error(&store.HeldError{Run: other.Run, Kind: other.Kind, Name: other.Name}))
		}
	}
	return nil
}

// byHandRemote says how a person removes a thing in Azure.
func byHandRemote(name string) string {
	_, rest, _ := strings.Cut(name, "/subscriptions/")
	id := "/subscriptions/" + rest
	if part := strings.Split(id, "/"); len(part) == 5 && strings.EqualFold(part[3], "resourceGroups") {
		return fmt.Sprintf("; delete it by hand: az group delete --subscription %s --name %s, then run: ingot clean --on azure", part[2], part[4])
	}
	return fmt.Sprintf("; delete it by hand: az resource delete --ids %q, then run: ingot clean --on azure", id)
}
