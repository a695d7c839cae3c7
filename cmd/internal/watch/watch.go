// Package watch tells when files change that a command works on, so that it can do its work again.
//
//	w, err := watch.New()
//	defer w.Close()
//	for {
//		err = w.Files(names) // before they are read, so that what changes while they are is seen
//		…                    // the work
//		changed, err := w.Wait(ctx)
//	}
//
// Folders are watched, not files: editors write a new file and rename it over the old one. Nothing is lost between two calls of Wait, which
// ends once it has been quiet for a moment.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/ingot-build/ingot/engine/service"
)

// Editors write a file in several steps, and a branch switch writes many: Wait ends when it has been quiet for so long, and at the latest
// after so long.
const (
	quiet  = 100 * time.Millisecond
	atMost = time.Second
)

// Watcher is for one goroutine at a time, but for Close. Close it.
type Watcher struct {
	events *fsnotify.Watcher
	files  followed
}

// New makes a Watcher that watches nothing yet.
func New() (*Watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, explain(err)
	}
	return &Watcher{events: events}, nil
}

// Close ends a Wait that is under way, too.
func (w *Watcher) Close() error { return w.events.Close() }

// Files names all files to watch from now on. A file need not be there, nor its folder.
func (w *Watcher) Files(names []string) error {
	w.files = follow(names)
	return w.Folders(slices.Collect(maps.Keys(w.files.folders)))
}

// Folders names all folders to watch from now on, each without those below it, for WaitFor. What is not there is passed over.
func (w *Watcher) Folders(names []string) error {
	for _, name := range names {
		if err := w.events.Add(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return explain(err)
		}
	}
	for _, old := range w.events.WatchList() {
		if !slices.Contains(names, old) {
			_ = w.events.Remove(old) // it was removed by itself with its folder
		}
	}
	return nil
}

// Wait returns the names of the files that have changed, sorted and as Files had them. When ctx has ended, these are the ones that had
// changed by then, mostly none.
func (w *Watcher) Wait(ctx context.Context) ([]string, error) {
	changed := map[string]bool{}
	again, err := w.WaitFor(ctx, func(name string) bool {
		names := w.files.by[filepath.Clean(name)]
		for _, name := range names {
			changed[name] = true
		}
		return len(names) > 0
	})
	if err != nil {
		return nil, err
	}
	if again && len(changed) == 0 { // the system lost count: it may have been any
		return w.files.names, nil
	}
	return slices.Sorted(maps.Keys(changed)), nil
}

// WaitFor returns true once something has changed that matters, and all was left alone for a moment; false when ctx has ended.
func (w *Watcher) WaitFor(ctx context.Context, matters func(name string) bool) (again bool, err error) {
	var settled, late <-chan time.Time // nil until something has changed
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case e, open := <-w.events.Events:
			if !open {
				return false, fs.ErrClosed
			}
			if e.Op != fsnotify.Chmod && matters(e.Name) {
				if late == nil {
					late = time.After(atMost)
				}
				settled = time.After(quiet)
			}
		case err, open := <-w.events.Errors:
			if open && !errors.Is(err, fsnotify.ErrEventOverflow) { // too many changes to tell which
				return false, fmt.Errorf("watch folders: %w", err)
			}
			settled = time.After(quiet)
		case <-settled:
			return true, nil
		case <-late:
			return true, nil
		}
	}
}

// explain says what to do about the limit that everybody meets.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) {
		return &service.HostError{What: "there are too many folders to watch", Why: err.Error(),
			Fix: "name fewer, or raise the limit with: sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"}
	}
	return fmt.Errorf("watch folders: %w", err)
}
