package resolve

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// part is a download in hand: the bytes that came so far, and their hash. It outlives the connection that brought them, so that the
// next one can go on where it broke.
type part struct {
	store  *ContentStore
	file   *os.File
	unlock func()
	hash   hash.Hash
	size   int64
	limit  int64
}

// part makes an empty one; close it. Errors are *storeError.
func (s *ContentStore) part(limit int64) (*part, error) {
	f, unlock, err := s.partial()
	if err != nil {
		return nil, &storeError{err}
	}
	return &part{store: s, file: f, unlock: unlock, hash: sha256.New(), limit: limit}, nil
}

// Write takes the next bytes. Errors: *tooLargeError beyond the limit, *storeError.
func (p *part) Write(b []byte) (int, error) {
	if p.size+int64(len(b)) > p.limit {
		return 0, &tooLargeError{p.limit}
	}
	if _, err := p.file.Write(b); err != nil {
		return 0, &storeError{err}
	}
	p.hash.Write(b)
	p.size += int64(len(b))
	return len(b), nil
}

// reset forgets all bytes.
func (p *part) reset() error {
	if p.size == 0 {
		return nil
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return &storeError{err}
	}
	if err := p.file.Truncate(0); err != nil {
		return &storeError{err}
	}
	p.hash.Reset()
	p.size = 0
	return nil
}

// finish puts the bytes into the store by their SHA-256.
func (p *part) finish() (sum string, err error) {
	sum = hex.EncodeToString(p.hash.Sum(nil))
	if err := p.store.commit(p.file, p.store.Path(sum)); err != nil {
		return "", &storeError{err}
	}
	return sum, nil
}

// close removes what was not finished.
func (p *part) close() {
	_ = p.file.Close()
	_ = os.Remove(p.file.Name()) // after finish there is nothing by this name
	p.unlock()
}
