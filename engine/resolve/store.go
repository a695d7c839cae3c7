package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
//	url/<hex>.json  by the SHA-256 of a URL, which may hold a secret: entity tag, date, and the SHA-256 of its bytes
//	partial/        downloads in hand, each locked by its process
type ContentStore struct{ dir string }

// OpenContentStore returns the store at dir, which is made when absent.
func OpenContentStore(dir string) (*ContentStore, error) {
	s := &ContentStore{dir: dir}
	for _, sub := range []string{"sha256", "url", "partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open download cache: %w", err)
		}
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
func (s *ContentStore) add(ctx context.Context, r io.Reader, limit int64, progress func(done int64)) (sum string, size int64, err error) {
	f, unlock, err := s.partial()
	if err != nil {
		return "", 0, &storeError{err}
	}
	defer unlock()
	defer os.Remove(f.Name()) // after the rename there is nothing by this name
	defer f.Close()

	h := sha256.New()
	buf := make([]byte, 128<<10)
	for {
		if cause := context.Cause(ctx); cause != nil {
			return "", 0, cause
		}
		n, rerr := r.Read(buf)
		if size += int64(n); size > limit {
			return "", 0, &tooLargeError{limit}
		}
		h.Write(buf[:n])
		if _, err := f.Write(buf[:n]); err != nil {
			return "", 0, &storeError{err}
		}
		progress(size)
		if errors.Is(rerr, io.EOF) {
			break
		}
		if rerr != nil {
			return "", 0, rerr
		}
	}
	sum = hex.EncodeToString(h.Sum(nil))
	if err := s.commit(f, s.Path(sum)); err != nil {
		return "", 0, &storeError{err}
	}
	return sum, size, nil
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

// validators are what a server said to recognise an unchanged answer by.
type validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
	SHA256       string `json:"sha256"`
}

func (s *ContentStore) validatorsPath(url string) string {
	sum := sha256.Sum256([]byte(url))
	return filepath.Join(s.dir, "url", hex.EncodeToString(sum[:])+".json")
}

// recall gives what remember wrote for url. A record that cannot be read counts as none: the bytes are then fetched afresh.
func (s *ContentStore) recall(url string) (v validators, ok bool) {
	text, err := os.ReadFile(s.validatorsPath(url))
	if err != nil || json.Unmarshal(text, &v) != nil || !sha256Hex.MatchString(v.SHA256) {
		return validators{}, false
	}
	return v, true
}

// remember notes what a server said of the bytes at url. Nothing is noted of an answer without validators.
func (s *ContentStore) remember(url string, v validators) error {
	if v.ETag == "" && v.LastModified == "" {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, unlock, err := s.partial()
	if err != nil {
		return &storeError{err}
	}
	defer unlock()
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return &storeError{err}
	}
	if err := s.commit(f, s.validatorsPath(url)); err != nil {
		return &storeError{err}
	}
	return nil
}
