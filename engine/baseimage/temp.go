package baseimage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/ingot-build/ingot/engine/baseimage/bootstrap"
)

// cleanupTimeout is how long removing work in progress may take after its context ended.
const cleanupTimeout = time.Minute

// temp is a folder for work in progress. Its lock tells other processes that someone is at it.
type temp struct {
	dir  string
	lock *flock.Flock
}

func (t temp) path(name string) string { return filepath.Join(t.dir, name) }

// release lets go of the folder but leaves it, for a later process to go on with.
func (t temp) release() { t.lock.Close() }

// newTemp makes a folder of this process's own: tmp/<work>-<name>-<random>.
func (s *Store) newTemp(ctx context.Context, work, name string) (temp, error) {
	var t temp
	err := s.locked(ctx, func() error {
		dir, err := os.MkdirTemp(filepath.Join(s.root, "tmp"), work+"-"+name+"-*")
		if err != nil {
			return err
		}
		t = temp{dir, flock.New(filepath.Join(dir, "lock"))}
		_, err = t.lock.TryLock()
		return err
	})
	return t, err
}

// sharedTemp makes or takes over the folder of that very name. While another process is at it, waiting is called once and
// then this one waits.
func (s *Store) sharedTemp(ctx context.Context, name string, waiting func()) (temp, error) {
	for first := true; ; first = false {
		var t temp
		var mine bool
		err := s.locked(ctx, func() error {
			dir := filepath.Join(s.root, "tmp", name)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			t = temp{dir, flock.New(filepath.Join(dir, "lock"))}
			var err error
			mine, err = t.lock.TryLock()
			return err
		})
		if err != nil || mine {
			return t, err
		}
		t.release()
		if first {
			waiting()
		}
		if err := sleep(ctx, 4*lockPoll); err != nil {
			return temp{}, err
		}
	}
}

// drop removes a folder of this process's own, also after ctx ended. The store is locked meanwhile: nobody takes up half of it.
func (s *Store) drop(ctx context.Context, t temp) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	defer t.release()
	return s.locked(ctx, func() error { return bootstrap.RemoveAll(ctx, s.run, t.dir) })
}

// Leftover is something in the store that no image and no live process has.
type Leftover struct {
	Path string
	What string // "unfinished pull of debian-12", "disk of no image"
	Size int64  // bytes on the disk
}

// Leftovers lists what killed processes left: unfinished work, which for a download the next Pull would go on with, and disks
// that never got a name. It changes nothing.
func (s *Store) Leftovers(ctx context.Context) ([]Leftover, error) {
	return s.leftovers(ctx, func(Leftover) error { return nil })
}

// Sweep removes what Leftovers lists, and returns what it removed.
func (s *Store) Sweep(ctx context.Context) ([]Leftover, error) {
	return s.leftovers(ctx, func(l Leftover) error { return bootstrap.RemoveAll(ctx, s.run, l.Path) })
}

// leftovers calls act on each one while the store is locked: nobody can take it up meanwhile. It returns those for which act
// succeeded, and goes on after a failure.
func (s *Store) leftovers(ctx context.Context, act func(Leftover) error) ([]Leftover, error) {
	var done []Leftover
	err := s.locked(ctx, func() error {
		found, err := s.orphans()
		if err != nil {
			return err
		}
		entries, err := os.ReadDir(filepath.Join(s.root, "tmp"))
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(s.root, "tmp", e.Name())
			if lock := flock.New(filepath.Join(path, "lock")); e.IsDir() {
				free, err := lock.TryLock()
				defer lock.Close()
				if err == nil && !free {
					continue // a live process is at it
				}
			}
			found = append(found, Leftover{Path: path, What: unfinished(e.Name()), Size: diskUsage(path)})
		}
		var faults []error
		for _, l := range found {
			if err := act(l); err != nil {
				faults = append(faults, err)
				continue
			}
			done = append(done, l)
		}
		return errors.Join(faults...)
	})
	return done, err
}

// unfinished words the name of a folder in tmp: <work>-<name>-<id>.
func unfinished(dir string) string {
	work, rest, ok := strings.Cut(dir, "-")
	end := strings.LastIndexByte(rest, '-')
	if !ok || end < 0 {
		return "unfinished work"
	}
	return "unfinished " + work + " of " + rest[:end]
}

// diskUsage is what a file or folder takes on the disk, in bytes; what cannot be read counts for nothing.
func diskUsage(path string) int64 {
	var sum int64
	_ = filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := e.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				sum += st.Blocks * 512
			}
		}
		return nil
	})
	return sum
}
