package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// ContentStore keeps files under the SHA-256 of their bytes. It is safe for concurrent use, also by several processes: a file
// appears whole or not at all, and two that fetch the same bytes write the same file.
type ContentStore struct{ root string }

// OpenContentStore returns the store at root. Its folders are made when something is put into it.
func OpenContentStore(root string) (*ContentStore, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	return &ContentStore{root: abs}, nil
}

// Path is where the bytes with that checksum lie, whether or not they are there.
func (s *ContentStore) Path(sum string) string { return filepath.Join(s.root, "sha256", sum) }

// Has reports whether the bytes are there, and how many.
func (s *ContentStore) Has(sum string) (size int64, ok bool) {
	st, err := os.Stat(s.Path(sum))
	if err != nil || !st.Mode().IsRegular() {
		return 0, false
	}
	return st.Size(), true
}

// Open gives the bytes with that checksum. The caller compares them with it while reading: the cache is a folder that anybody
// may have changed.
func (s *ContentStore) Open(sum string) (io.ReadCloser, error) { return os.Open(s.Path(sum)) }

// entry is what was put into the store.
type entry struct {
	sha256 string
	size   int64
}

// tooLargeError says that there was more than the limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string { return fmt.Sprintf("it is larger than %d bytes", e.limit) }

// readError says that reading failed, as opposed to writing.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// put stores what src gives, up to limit bytes, and tells progress the bytes so far. Memory does not grow with the size.
func (s *ContentStore) put(ctx context.Context, src io.Reader, limit int64, progress func(done int64)) (_ entry, err error) {
	tmp, err := s.partial()
	if err != nil {
		return entry{}, fmt.Errorf("write download cache: %w", err)
	}
	defer func() {
		if rerr := os.Remove(tmp.Name()); rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		err = errors.Join(err, tmp.Close()) // last: closing lets go of the lock
	}()
	sum := sha256.New()
	var size int64
	buf := make([]byte, 256<<10)
	for {
		if cause := context.Cause(ctx); cause != nil {
			return entry{}, cause
		}
		n, rerr := src.Read(buf)
		if size += int64(n); size > limit {
			return entry{}, &tooLargeError{limit: limit}
		}
		sum.Write(buf[:n])
		if _, err := tmp.Write(buf[:n]); err != nil {
			return entry{}, fmt.Errorf("write download cache: %w", err)
		}
		progress(size)
		if rerr == io.EOF {
			break
		}
		if rerr != nil {
			return entry{}, &readError{rerr}
		}
	}
	if err := tmp.Chmod(0o444); err != nil {
		return entry{}, err
	}
	e := entry{sha256: hex.EncodeToString(sum.Sum(nil)), size: size}
	return e, os.Rename(tmp.Name(), s.Path(e.sha256))
}

const partialPrefix = ".partial-"

// partial makes a file to write into. It is locked for as long as it is open, which is how Sweep knows that somebody is at it.
func (s *ContentStore) partial() (*os.File, error) {
	dir := filepath.Join(s.root, "sha256")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for {
		f, err := os.CreateTemp(dir, partialPrefix+"*")
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		// A Sweep may have taken the file away before it was locked; then it has no name any more.
		if _, err := os.Stat(f.Name()); err == nil {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// Leftovers lists the files that killed processes were writing.
func (s *ContentStore) Leftovers() ([]string, error) {
	return s.stale(func(string) error { return nil })
}

// Sweep removes what Leftovers lists and returns what it removed.
func (s *ContentStore) Sweep() ([]string, error) { return s.stale(os.Remove) }

// stale calls do for every partial file that nobody holds.
func (s *ContentStore) stale(do func(path string) error) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(s.root, "sha256", partialPrefix+"*"))
	if err != nil {
		return nil, err
	}
	var free []string
	for _, path := range paths {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return free, err
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			if err = do(path); err == nil {
				free = append(free, path)
			}
		}
		if err = errors.Join(err, f.Close()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return free, err
		}
	}
	return free, nil
}
