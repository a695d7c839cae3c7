package layers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// storeLock is held by who removes layers, so that two of them do not both make room.
const storeLock = "lock"

// basesLock is held, shared, by who may make layers over a base image, and alone while second names of base images are removed.
const basesLock = "bases.lock"

// errRemoving says that somebody is about to remove a layer.
var errRemoving = errors.New("it is being removed")

// removing is how long a layer may take to be removed.
const removing = 10 * time.Second

// lockOf is a layer's lock, not locked yet. A lock ends with the process that holds it.
func (s *Store) lockOf(id string) *flock.Flock {
	return flock.New(filepath.Join(s.dir, id, lockFile), flock.SetFlag(os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW), flock.SetPermissions(0o600))
}

// use holds a layer, so that nobody removes it. The caller gives it back. It waits for who holds it alone, which is not for long: either
// to see whether anybody uses it, or to remove it.
func (s *Store) use(ctx context.Context, id string) (*flock.Flock, error) {
	if !idShape.MatchString(id) {
		return nil, fmt.Errorf("%q is no layer", id)
	}
	lock := s.lockOf(id)
	patience, cancel := context.WithTimeout(ctx, removing)
	defer cancel()
	ok, err := lock.TryRLockContext(patience, 5*time.Millisecond)
	if !ok && ctx.Err() == nil && patience.Err() != nil {
		err = errRemoving
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// claim holds a layer alone; nil, with no error, while somebody uses it.
func (s *Store) claim(id string) (*flock.Flock, error) {
	lock := s.lockOf(id)
	ok, err := lock.TryLock()
	if err == nil && ok {
		return lock, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // its folder is gone already
	}
	return nil, errors.Join(err, lock.Close())
}
