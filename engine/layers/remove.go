package layers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// InUseError says that a layer cannot be removed, since a build uses it, or a machine that outlived one.
type InUseError struct {
	ID  string
	Run string // that keeps a machine over it; "": a process that runs now
}

// Error says who uses it.
func (e *InUseError) Error() string {
	if e.Run != "" {
		return fmt.Sprintf("layer %s is under the machine that run %s keeps", e.ID, e.Run)
	}
	return fmt.Sprintf("layer %s is in use by a process that runs now", e.ID)
}

// Fix says what to do first.
func (e *InUseError) Fix() string {
	if e.Run != "" {
		return "remove that machine first: ingot clean"
	}
	return "wait for the end of the build, or cancel it: ingot runs ls"
}

// BuiltOnError says that other layers lie over one.
type BuiltOnError struct {
	ID   string
	Over []string
}

// Error names them.
func (e *BuiltOnError) Error() string {
	return fmt.Sprintf("layer %s is under %s", e.ID, strings.Join(e.Over, ", "))
}

// Why says what is wrong with that.
func (*BuiltOnError) Why() string {
	return "a layer has only what is different from the one that it lies over"
}

// Fix names the flag.
func (*BuiltOnError) Fix() string { return "remove them too, with --with-children" }

// Remove removes layers; withChildren says that those which lie over them go too. Nothing is removed if one of them cannot be: the error
// is a *NoLayerError, an *InUseError or a *BuiltOnError. It gives what was removed.
func (s *Store) Remove(ctx context.Context, withChildren bool, ids ...string) ([]Layer, error) {
	release, err := s.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	all, _, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	doomed, err := toRemove(all, withChildren, ids)
	if err != nil {
		return nil, err
	}
	pinned, err := s.pinned()
	if err != nil {
		return nil, err
	}
	var locks []*flock.Flock
	defer func() {
		for _, lock := range locks {
			_ = lock.Close() // its file is gone, mostly
		}
	}()
	for _, l := range doomed {
		lock, err := s.claim(l.ID)
		if err != nil {
			return nil, err
		}
		if lock != nil {
			locks = append(locks, lock)
		}
		if lock == nil || pinned[l.ID] != "" {
			return nil, &InUseError{ID: l.ID, Run: pinned[l.ID]}
		}
	}
	var removed []Layer
	for _, l := range slices.Backward(doomed) { // those above first
		if err := s.erase(l.ID); err != nil {
			return removed, fmt.Errorf("remove layer %s: %w", l.ID, err)
		}
		removed = append(removed, l)
	}
	return removed, s.dropBases()
}

// toRemove orders what is to go as the tree is ordered.
func toRemove(all []Layer, withChildren bool, ids []string) ([]Layer, error) {
	doomed := map[string]bool{}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(l Layer) bool { return l.ID == id }) {
			return nil, &NoLayerError{ID: id}
		}
		doomed[id] = true
	}
	var list []Layer
	over := map[string][]string{}
	for _, l := range all {
		if l.Parent != "" && doomed[l.Parent] && !doomed[l.ID] {
			if !withChildren {
				over[l.Parent] = append(over[l.Parent], l.ID)
				continue
			}
			doomed[l.ID] = true
		}
		if doomed[l.ID] {
			list = append(list, l)
		}
	}
	for _, id := range ids {
		if len(over[id]) > 0 {
			return nil, &BuiltOnError{ID: id, Over: over[id]}
		}
	}
	return list, nil
}

// alone keeps two processes from removing layers at the same time.
func (s *Store) alone(ctx context.Context) (release func(), err error) {
	lock := flock.New(filepath.Join(s.dir, storeLock), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, removing/100); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for who else removes layers: %w", err), lock.Close())
	}
	return func() { _ = lock.Close() }, nil // nothing was written through it
}

// erase removes a claimed layer, or an unfinished one. From its first moment on it is no layer any more; whoever finds the rest of it
// sees that it is to go.
func (s *Store) erase(id string) error {
	dir, err := s.folder(id)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := writeFile(dir, draftFile, nil); err != nil {
		if err := dir.RemoveAll(StateFile); err != nil { // a full disk: then there is room
			return err
		}
	}
	if err := dir.RemoveAll(layerFile); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(s.dir, id))
}
