package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/gofrs/flock"
)

// ContentStore keeps bytes by their SHA-256, and what servers said of them. It is safe for concurrent use, also by several
// processes. On disk:
//
//	sha256/<hex>    the bytes, read-only
//	url/<hex>.json  by a name for a URL: entity tag, date, and the SHA-256 of its bytes
//	partial/        downloads in hand, each locked by its process
//	key             32 random bytes
//
// A URL may hold a secret, so its name is an HMAC under the store's own key: who reads the store, or a copy of it without the key,
// cannot try guesses. A shared access signature is left out of it: the blob stays the same when its signature is made anew.
type ContentStore struct {
	dir string
	key []byte
}

// OpenContentStore returns the store at dir, which is made when absent.
func OpenContentStore(dir string) (*ContentStore, error) {
	s := &ContentStore{dir: dir}
	var err error
	for _, sub := range []string{"sha256", "url", "partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open download cache: %w", err)
		}
	}
	if s.key, err = storeKey(filepath.Join(dir, "key")); err != nil {
		return nil, fmt.Errorf("open download cache: %w", err)
	}
	return s, nil
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Path is where the bytes with that SHA-256 (lower-case hex) are, or would be.
func (s *ContentStore) Path(sum string) string {
	if !sha256Hex.MatchString(sum) {
		panic(fmt.Sprintf("resolve: %q is no SHA-256", sum))
	}
	return filepath.Join(s.dir, "sha256", sum)
}

// Open gives the bytes with that SHA-256 (lower-case hex); the caller closes. They are not checked again: who copies them to a
// run compares the sum on the way. A sum that is not there gives fs.ErrNotExist.
func (s *ContentStore) Open(sum string) (io.ReadCloser, error) {
	if !sha256Hex.MatchString(sum) {
		return nil, fmt.Errorf("open download %q: it is no SHA-256: %w", sum, fs.ErrNotExist)
	}
	return os.Open(s.Path(sum))
}

// check reports the size of the bytes with that SHA-256 if they are there unharmed. Harmed ones are removed.
func (s *ContentStore) check(sum string) (size int64, ok bool) {
	f, err := s.Open(sum)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	if err == nil && hex.EncodeToString(h.Sum(nil)) == sum {
		return size, true
	}
	_ = os.Remove(s.Path(sum))
	return 0, false
}

// tooLargeError says that a source has more bytes than the limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string { return fmt.Sprintf("more than %d bytes", e.limit) }

// storeError tells trouble with the store from trouble with what is read into it.
type storeError struct{ err error }

func (e *storeError) Error() string { return fmt.Sprintf("write download cache: %v", e.err) }
func (e *storeError) Unwrap() error { return e.err }

// add reads r to its end into the store. Errors: *tooLargeError after limit bytes, *storeError when the store fails, those of r.
func (s *ContentStore) add(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error) {
	p, err := s.part(limit)
	if err != nil {
		return "", 0, err
	}
	defer p.close()
	buf := make([]byte, 128<<10)
	for {
		if cause := context.Cause(ctx); cause != nil {
			return "", 0, cause
		}
		n, rerr := r.Read(buf)
		if _, err := p.Write(buf[:n]); err != nil {
			return "", 0, err
		}
		if errors.Is(rerr, io.EOF) {
			break
		}
		if rerr != nil {
			return "", 0, rerr
		}
	}
	sum, err = p.finish()
	return sum, p.size, err
}

// commit makes the partial file f appear, read-only and whole, at path.
func (s *ContentStore) commit(f *os.File, path string) error {
	if err := f.Chmod(0o444); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

const partialPrefix = "download-"

// partial makes a file that Sweep leaves alone until unlock.
func (s *ContentStore) partial() (f *os.File, unlock func(), err error) {
	for {
		if f, err = os.CreateTemp(filepath.Join(s.dir, "partial"), partialPrefix+"*"); err != nil {
			return nil, nil, err
		}
		own := flock.New(f.Name(), flock.SetFlag(os.O_RDONLY))
		ok, err := own.TryLock()
		// A Sweep may have come between making the file and locking it; then the file has no name any more.
		if _, gone := os.Stat(f.Name()); ok && gone == nil {
			return f, func() { _ = own.Unlock() }, nil
		}
		_ = own.Unlock()
		if err := errors.Join(f.Close(), err); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, errors.Join(err, os.Remove(f.Name()))
		}
	}
}

// Leftovers lists the downloads that processes which died left half done.
func (s *ContentStore) Leftovers() ([]string, error) {
	return s.eachStale(func(string) error { return nil })
}

// Sweep removes what Leftovers lists and returns what it removed.
func (s *ContentStore) Sweep() ([]string, error) { return s.eachStale(os.Remove) }

func (s *ContentStore) eachStale(do func(path string) error) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "partial"))
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, e := range entries {
		path := filepath.Join(s.dir, "partial", e.Name())
		l := flock.New(path, flock.SetFlag(os.O_RDONLY))
		if ok, err := l.TryLock(); err != nil || !ok {
			continue // its process lives, or has just finished
		}
		err := do(path)
		_ = l.Unlock()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return stale, err
		}
		stale = append(stale, path)
	}
	return stale, nil
}
