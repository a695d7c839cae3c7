// Package gallery is the local gallery: managed images, gallery image versions and VHDs on this machine's disk, addressed by
// the ids Azure would give them, so that an image template names its destination, and a later one its source, as on Azure.
//
// A person can read the layout. Names are in lower case, as ids compare case-insensitively:
//
//	subscriptions/<s>/resourceGroups/<g>/providers/Microsoft.Compute/
//	    images/<name>/image.json, disk-<random>.vhd
//	    galleries/<gallery>/images/<definition>/definition.json
//	    galleries/<gallery>/images/<definition>/versions/<x.y.z>/version.json, disk.vhd
//	vhds/<folder>/.../<name>.vhd, <name>.vhd.json
//
// Everything appears at once or not at all: it is made in .partial, synced and renamed. Any number of processes may use one
// gallery; those that publish to one place wait for each other. Disks are fixed VHDs, read-only, and hard links of the run's
// own file where the file system allows, so that several distributors cost one write.
package gallery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Folders and files of a gallery, below its root.
const (
	partialDir     = ".partial" // work in hand; each folder in it is locked by the process that makes it
	locksDir       = ".locks"   // one empty file for each place that was ever published to; they are never removed
	vhdsDir        = "vhds"
	imageFile      = "image.json"
	definitionFile = "definition.json"
	versionFile    = "version.json"
	versionsDir    = "versions"
	diskFile       = "disk.vhd"
)

// lockPoll is how often a lock held by another process is tried again.
const lockPoll = 20 * time.Millisecond

// Gallery is a gallery on disk. It is safe for concurrent use, also by several processes.
type Gallery struct{ root string }

// Open returns the gallery at root, which is made when absent.
func Open(root string) (*Gallery, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("open gallery: %w", err)
	}
	for _, dir := range []string{partialDir, locksDir} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return nil, fmt.Errorf("open gallery: %w", err)
		}
	}
	return &Gallery{root: root}, nil
}

// Root is the gallery's folder.
func (g *Gallery) Root() string { return g.root }

// lock waits until this process alone may publish to, or remove from, the place named. Lock files lie apart from what they
// guard: a lock in a folder that is removed would guard nothing for those who already wait for it.
func (g *Gallery) lock(ctx context.Context, place string) (unlock func(), err error) {
	sum := sha256.Sum256([]byte(place))
	l := flock.New(filepath.Join(g.root, locksDir, hex.EncodeToString(sum[:8])))
	if _, err := l.TryLockContext(ctx, lockPoll); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("lock %s in the gallery: %w", place, err)
	}
	return func() { _ = l.Unlock() }, nil
}

// work is a folder in .partial. Its lock tells Sweep that the process which makes it still lives.
type work struct {
	dir  string
	lock *flock.Flock
}

// newWork makes a work folder. The caller calls discard when done; what it renamed away stays.
func (g *Gallery) newWork() (*work, error) {
	for {
		dir, err := os.MkdirTemp(filepath.Join(g.root, partialDir), "")
		if err != nil {
			return nil, err
		}
		l := flock.New(dir, flock.SetFlag(os.O_RDONLY))
		ok, err := l.TryLock()
		if ok && exists(dir) {
			return &work{dir: dir, lock: l}, nil
		}
		_ = l.Unlock()
		// A Sweep may have come between making the folder and locking it; then a new one is made.
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), os.RemoveAll(dir))
		}
	}
}

func (w *work) path(name string) string { return filepath.Join(w.dir, name) }

func (w *work) discard() {
	_ = os.RemoveAll(w.dir) // what cannot be removed now is found by Sweep
	_ = w.lock.Unlock()
}

// exists reports whether path is there; an error other than "no such file" counts as there, so that nothing is overwritten.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
