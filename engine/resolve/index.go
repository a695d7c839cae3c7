package resolve

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// answer is what a server said of the bytes at a URL: what to recognise an unchanged one by, and what they were.
type answer struct {
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"lastModified,omitempty"`
	SHA256       string    `json:"sha256"`
	Fetched      time.Time `json:"fetched"` // UTC: when they were last asked for
}

const keySize = 32

// storeKey reads the key, or makes one. Of several processes that make one at once, one wins.
func storeKey(path string) ([]byte, error) {
	for {
		key, err := os.ReadFile(path)
		switch {
		case err == nil && len(key) == keySize:
			return key, nil
		case err == nil:
			return nil, fmt.Errorf("%s has %d bytes, not %d: remove it", path, len(key), keySize)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
		if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
}

// makeKey puts a whole key in its place, or leaves one that came first.
func makeKey(path string) (err error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(key)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// answerPath is where the answer for a URL is kept.
func (s *ContentStore) answerPath(uri string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(withoutSignature(uri)))
	return filepath.Join(s.dir, "url", hex.EncodeToString(mac.Sum(nil))+".json")
}

// signatureParameters are those of a shared access signature: they say who may read, and until when, not what.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
var signatureParameters = []string{
	"sv", "ss", "srt", "sr", "st", "se", "sp", "spr", "sip", "si", "ses", "sdd", "sig",
	"skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid", "skdutid", "sduoid",
}

// withoutSignature takes a shared access signature out of the URL of a blob, and leaves any other URL alone: elsewhere the same names
// may say what is meant.
func withoutSignature(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || !isStorage(u) || !u.Query().Has("sig") {
		return uri
	}
	q := u.Query()
	for _, name := range signatureParameters {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// recall gives what remember wrote for a URL. A record that cannot be read counts as none: the bytes are then fetched afresh.
func (s *ContentStore) recall(uri string) (a answer, ok bool) {
	text, err := os.ReadFile(s.answerPath(uri))
	if err != nil || json.Unmarshal(text, &a) != nil || !sha256Hex.MatchString(a.SHA256) {
		return answer{}, false
	}
	return a, true
}

// remember notes what a server said of the bytes at a URL. Errors are *storeError.
func (s *ContentStore) remember(uri string, a answer) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	f, unlock, err := s.partial()
	if err != nil {
		return &storeError{err}
	}
	defer unlock()
	defer os.Remove(f.Name()) // after the rename there is nothing by this name
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return &storeError{err}
	}
	if err := s.commit(f, s.answerPath(uri)); err != nil {
		return &storeError{err}
	}
	return nil
}
