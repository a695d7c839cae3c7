// Package ledger removes what runs made and did not give back: processes, control groups, files and directories that the store's ledger
// names, and with a Remover what they made in Azure.
//
// Only what is recorded under Ingot's own folders, and processes and control groups with a recorded name, are ever touched, and nothing
// that a live run holds. An entry is struck after its resource is seen to be gone, so whoever is killed halfway leaves the rest
// to the next one. Two who clean up at once do not disturb each other.
package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/store"
)

// Leftover is one thing that a dead run left, or kept.
type Leftover struct {
	Entry   store.Entry `json:"entry"`           // its ID is 0 for a stray, which no ledger knows
	Run     store.Run   `json:"run"`             // only its ID is set for a stray
	What    string      `json:"what"`            // for a person: "build VM ingot-3f2a9c1e (process 4711)"
	Present bool        `json:"present"`         // false: only the record is left
	Bytes   int64       `json:"bytes,omitempty"` // disk space that its removal frees; 0 for a process
	Why     string      `json:"why,omitempty"`   // elsewhere: what shows that it is a dead run's
	Does    string      `json:"does,omitempty"`  // elsewhere: what Remove does, where it is not a deletion
	Stays   string      `json:"stays,omitempty"` // why it is not removed; "" if it is
}

// List tells what dead runs left on this machine according to the ledger, what they keep included, in the order of removal:
// processes, control groups, files, directories, and inner paths before outer ones. What they left elsewhere is for Remote.
func List(ctx context.Context, st *store.Store) ([]Leftover, error) {
	list, err := dead(ctx, st, store.Process, store.ControlGroup, store.File, store.Directory)
	if err != nil {
		return nil, err
	}
	for i, l := range list {
		if list[i], err = look(ctx, st.Dirs(), l.Entry); err != nil {
			return nil, err
		}
		list[i].Run = l.Run
	}
	slices.SortStableFunc(list, func(a, b Leftover) int { return removalOrder(a.Entry, b.Entry) })
	return list, nil
}

// dead gives the entries of some kinds whose runs nobody works on.
func dead(ctx context.Context, st *store.Store, kinds ...store.Kind) ([]Leftover, error) {
	runs, err := st.Runs(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := st.Entries(ctx, "")
	if err != nil {
		return nil, err
	}
	byID := map[string]store.Run{}
	for _, r := range runs {
		byID[r.ID] = r
	}
	var list []Leftover
	for _, e := range entries {
		if !slices.Contains(kinds, e.Kind) {
			continue
		}
		held, err := st.Held(e.Run)
		if err != nil {
			return nil, err
		}
		run, known := byID[e.Run]
		if held || !known { // unknown: it started after the runs were read
			continue
		}
		list = append(list, Leftover{Entry: e, Run: run, What: fmt.Sprintf("%s %s", e.Kind, e.Name)})
	}
	return list, nil
}

// Sweep lists directories under the state folder that look like a run's but belong to none. Remove takes them too.
func Sweep(ctx context.Context, st *store.Store) ([]Leftover, error) {
	paths, err := st.Strays(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Leftover, 0, len(paths))
	for _, path := range paths {
		l, err := look(ctx, st.Dirs(), store.Entry{Kind: store.Directory, Name: path})
		if err != nil {
			return nil, err
		}
		l.What, l.Run.ID = "stray "+l.What, filepath.Base(path)
		list = append(list, l)
	}
	return list, nil
}

// removalOrder puts processes before the groups that they are in and the files they have open, and what lies deeper before what it lies in.
func removalOrder(a, b store.Entry) int {
	rank := map[store.Kind]int{store.Process: 0, store.ControlGroup: 1, store.File: 2, store.Directory: 3}
	return cmp.Or(
		cmp.Compare(rank[a.Kind], rank[b.Kind]),
		cmp.Compare(strings.Count(b.Name, "/"), strings.Count(a.Name, "/")),
	)
}

// RemoveError says that a leftover could not be removed and what a person can do about it. Its ledger entry stays.
type RemoveError struct {
	Entry store.Entry
	Err   error
}

func (e *RemoveError) Error() string {
	return fmt.Sprintf("%s %s was left behind: %v%s", e.Entry.Kind, e.Entry.Name, e.Err, e.byHand())
}

// byHand is the part of the message about what to do, or "" where the inner error says it.
func (e *RemoveError) byHand() string {
	var outside *OutsideError
	var live *store.LiveError
	var held *store.HeldError
	var stays *StaysError
	switch {
	case errors.As(e.Err, &live), errors.As(e.Err, &held), errors.As(e.Err, &stays):
		return ""
	case e.Entry.Kind == store.AzureResource:
		return byHandRemote(e.Entry.Name)
	case errors.As(e.Err, &outside):
		return "; look at it and remove it by hand if nobody needs it"
	case e.Entry.Kind == store.ControlGroup:
		return "; end what runs in it, which systemd-cgls shows, then run: ingot clean"
	case e.Entry.Kind == store.Process && isPlugin(e.Entry.Name):
		return fmt.Sprintf("; end it by hand: pkill -KILL -f '^%s ', then run: ingot clean", e.Entry.Name)
	case e.Entry.Kind == store.Process:
		return fmt.Sprintf("; end it by hand: pkill -KILL -f -- '(-name|ingot-container) %s', then run: ingot clean", e.Entry.Name)
	}
	return fmt.Sprintf("; remove it by hand: rm -rf %q, then run: ingot clean", e.Entry.Name)
}

func (e *RemoveError) Unwrap() error { return e.Err }

// Remove removes leftovers that List, Sweep or Remote gave, those elsewhere last, else in the order given, and strikes their entries.
// What Stays is left. It tries all of them: the first result is what is gone now, the error joins a *RemoveError for each that is not.
// A leftover whose run turns out to be held is left alone. What is gone already counts as removed. Without things in Azure rm may be
// nil.
func Remove(ctx context.Context, st *store.Store, rm Remover, list []Leftover) ([]Leftover, error) {
	var gone, remote []Leftover
	var errs []error
	done := func(l Leftover, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		gone = append(gone, l)
	}
	for _, l := range list {
		switch cause := context.Cause(ctx); {
		case cause != nil:
			return gone, errors.Join(append(errs, cause)...)
		case l.Stays != "":
		case l.Entry.Kind == store.AzureResource:
			remote = append(remote, l)
		default:
			done(l, removeOne(ctx, st, rm, l))
		}
	}
	removeRemote(ctx, rm, remote, func(l Leftover) error { return removeOne(ctx, st, rm, l) }, done)
	return gone, errors.Join(errs...)
}

func removeOne(ctx context.Context, st *store.Store, rm Remover, l Leftover) error {
	if l.Entry.ID != 0 {
		if stillOurs, err := deadRunOwns(ctx, st, l); err != nil || !stillOurs {
			return err
		}
	}
	return removeAndStrike(ctx, st, rm, l.Entry)
}

// deadRunOwns reports whether the entry still stands. It does not when another cleaner was faster, or when a later run took the
// name over: then it is no longer ours to remove. It fails if a live run is in the way.
func deadRunOwns(ctx context.Context, st *store.Store, l Leftover) (bool, error) {
	held, err := st.Held(l.Entry.Run)
	if err == nil && held {
		err = &store.LiveError{Run: l.Entry.Run, PID: l.Run.PID}
	}
	if err != nil {
		return false, &RemoveError{Entry: l.Entry, Err: err}
	}
	now, err := st.Entries(ctx, l.Entry.Run)
	if err != nil {
		return false, &RemoveError{Entry: l.Entry, Err: err}
	}
	if !slices.ContainsFunc(now, func(e store.Entry) bool { return e.ID == l.Entry.ID }) {
		return false, nil
	}
	if err := besideLiveRuns(ctx, st, l.Entry); err != nil {
		return false, &RemoveError{Entry: l.Entry, Err: err}
	}
	return true, nil
}

// besideLiveRuns fails if removing the entry would remove a thing that a live run has in the ledger.
func besideLiveRuns(ctx context.Context, st *store.Store, entry store.Entry) error {
	if entry.Kind != store.Directory && entry.Kind != store.AzureResource {
		return nil // all else has one holder; the ledger sees to that
	}
	all, err := st.Entries(ctx, "")
	if err != nil {
		return err
	}
	if entry.Kind == store.AzureResource {
		return besideLiveRemote(entry, all, st.Held)
	}
	for _, e := range all {
		if e.Kind != store.File && e.Kind != store.Directory || e.Name != entry.Name && !strings.HasPrefix(e.Name, entry.Name+"/") {
			continue
		}
		held, err := st.Held(e.Run)
		if err != nil {
			return err
		}
		if held {
			return &store.HeldError{Run: e.Run, Kind: e.Kind, Name: e.Name}
		}
	}
	return nil
}

func removeAndStrike(ctx context.Context, st *store.Store, rm Remover, e store.Entry) error {
	err := remove(ctx, st.Dirs(), rm, e)
	if err == nil && e.ID != 0 {
		err = st.Strike(ctx, e.ID)
	}
	if err != nil {
		return &RemoveError{Entry: e, Err: err}
	}
	return nil
}

// remove makes sure that the resource is gone.
func remove(ctx context.Context, dirs store.Dirs, rm Remover, e store.Entry) error {
	switch {
	case e.Kind == store.Process:
		return endProcesses(ctx, e.Name)
	case e.Kind == store.ControlGroup:
		return removeGroups(ctx, e.Name)
	case e.Kind == store.File, e.Kind == store.Directory:
		return removePath(ctx, dirs, e.Kind, e.Name)
	case e.Kind == store.AzureResource && rm == nil:
		return errNoRemover
	case e.Kind == store.AzureResource:
		return rm.Remove(ctx, e)
	}
	return fmt.Errorf("this version of Ingot does not know how to remove a %s", e.Kind)
}

// Undo removes and strikes what a run of this process has in the ledger and does not keep: processes first, then what is elsewhere, then
// the newest entry first. It tries all; the error joins a *RemoveError for each that is left. ctx must outlive a cancelled run. rm may
// be nil for a run that has nothing in Azure.
func Undo(ctx context.Context, st *store.Store, rm Remover, run string) error {
	return UndoOf(ctx, st, rm, run, func(store.Entry) bool { return true })
}

// UndoOf is Undo for a part of what the run has.
func UndoOf(ctx context.Context, st *store.Store, rm Remover, run string, which func(store.Entry) bool) error {
	entries, err := st.Entries(ctx, run)
	if err != nil {
		return err
	}
	var errs []error
	var remote []Leftover
	var local []store.Entry
	one := func(e store.Entry) error { return removeAndStrike(ctx, st, rm, e) }
	for _, e := range slices.Backward(entries) {
		switch {
		case e.Kept != "" || !which(e):
		case e.Kind == store.Process:
			errs = append(errs, one(e))
		case e.Kind == store.AzureResource:
			remote = append(remote, Leftover{Entry: e})
		default:
			local = append(local, e)
		}
	}
	removeRemote(ctx, rm, remote, func(l Leftover) error { return one(l.Entry) },
		func(_ Leftover, err error) { errs = append(errs, err) })
	for _, e := range local {
		errs = append(errs, one(e))
	}
	return errors.Join(errs...)
}
