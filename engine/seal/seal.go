// Package seal keeps what a run must not lose and nobody else may read: a plan with its SAS tokens, the key to a build VM. Sealed
// bytes can be opened with the key of this state folder only, and only as what they were sealed as.
//
// It protects copies: a run's folder in a bug report, a backup, a disk that was thrown away. Whoever can read the key's file can read
// all. Nothing here logs, and no error repeats what was sealed.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// A sealed text is a header, and what AES-256-GCM made of the text: a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes. The
// header is the word below, a byte for the version, and eight bytes that name the key.
const (
	word       = "ingot sealed"
	version    = 1
	headerSize = len(word) + 1 + keyIDSize
	keyIDSize  = 8
	keySize    = 32
	overhead   = 12 + 16
)

// Reasons that Open gives, in an *OpenError.
var (
	ErrNotSealed = errors.New("it is not a sealed file")
	ErrVersion   = errors.New("a later version of Ingot sealed it")
	ErrOtherKey  = errors.New("it was sealed with the key of another state folder")
	ErrCut       = errors.New("it is cut off")
	ErrChanged   = errors.New("it was changed since, or belongs to another run")
)

// Key seals and opens. It is safe for concurrent use.
type Key struct {
	aead   cipher.AEAD
	id     [keyIDSize]byte
	secret []byte
}

func newKey(secret []byte) (*Key, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	k := &Key{secret: secret}
	if k.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("name of the key"))
	copy(k.id[:], mac.Sum(nil))
	return k, nil
}

// Seal makes bytes that Open gives back for the same run and name, and for no others.
func (k *Key) Seal(plain []byte, run, name string) []byte {
	sealed := make([]byte, 0, headerSize+overhead+len(plain))
	sealed = append(sealed, word...)
	sealed = append(sealed, version)
	sealed = append(sealed, k.id[:]...)
	return k.aead.Seal(sealed, nil, plain, associated(sealed, run, name))
}

// Open gives back what was sealed for a run under a name. The error is one of those above.
func (k *Key) Open(sealed []byte, run, name string) ([]byte, error) {
	switch {
	case len(sealed) < len(word) && bytes.HasPrefix([]byte(word), sealed):
		return nil, ErrCut
	case !bytes.HasPrefix(sealed, []byte(word)):
		return nil, ErrNotSealed
	case len(sealed) < headerSize:
		return nil, ErrCut
	case sealed[len(word)] != version:
		return nil, ErrVersion
	case !bytes.Equal(sealed[len(word)+1:headerSize], k.id[:]):
		return nil, ErrOtherKey
	case len(sealed) < headerSize+overhead:
		return nil, ErrCut
	}
	plain, err := k.aead.Open(nil, nil, sealed[headerSize:], associated(sealed[:headerSize], run, name))
	if err != nil {
		return nil, ErrChanged // which is all that the cipher can tell
	}
	return plain, nil
}

// associated is what is not secret and must be the same when sealed bytes are opened. Lengths keep run and name apart.
func associated(header []byte, run, name string) []byte {
	b := bytes.Clone(header)
	for _, s := range []string{run, name} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// OpenError says why a sealed file cannot be read. Err is one of the reasons above, or what the file system said.
type OpenError struct {
	Path string
	Err  error
}

// Error names the file and the reason.
func (e *OpenError) Error() string { return fmt.Sprintf("open sealed file %s: %v", e.Path, e.Err) }

// Unwrap returns the reason.
func (e *OpenError) Unwrap() error { return e.Err }
