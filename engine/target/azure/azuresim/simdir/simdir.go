// Package simdir makes the folder of an emulated Azure that is a program of its own, and removes the folders of those
// that were killed.
package simdir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

const (
	prefix   = "ingot-azure-sim-dir-"
	fresh    = "ingot-azure-sim-new-" // until it is locked: nobody takes it for a dead one's
	lockFile = "lock"
)

// Dir is a folder that is a running emulator's.
type Dir struct {
	Path string
	lock *flock.Flock
}

// Make makes a folder below parent, "" is that for temporary files. A folder there whose emulator has ended without
// removing it is removed first: a lock tells, which ends with its process.
func Make(parent string) (*Dir, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	if err := sweep(parent); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(parent, fresh)
	if err != nil {
		return nil, err
	}
	d := &Dir{Path: filepath.Join(parent, prefix+strings.TrimPrefix(filepath.Base(path), fresh))}
	d.lock = flock.New(filepath.Join(path, lockFile))
	if _, err = d.lock.TryLock(); err == nil {
		err = os.Rename(path, d.Path) // the lock is the file's, wherever it is
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return d, nil
}

// sweep removes the folders of emulators that are not there any more. Another user's are left alone.
func sweep(parent string) error {
	entries, err := filepath.Glob(filepath.Join(parent, prefix+"*", lockFile))
	if err != nil {
		return err
	}
	for _, file := range entries {
		lock := flock.New(file)
		free, err := lock.TryLock()
		if err != nil || !free {
			continue
		}
		err = os.RemoveAll(filepath.Dir(file))
		_ = lock.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Close removes the folder.
func (d *Dir) Close() error {
	return errors.Join(os.RemoveAll(d.Path), d.lock.Close())
}
