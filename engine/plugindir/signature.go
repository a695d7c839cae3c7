package plugindir

import (
	"bytes"
	_ "embed"
	"fmt"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// hashiCorpKey is the public key that HashiCorp signs releases with, of fingerprint
// C874 011F 0AB4 0511 0D02 1055 3436 5D94 72D7 468F.
// Reference: https://www.hashicorp.com/.well-known/pgp-key.txt
//
//go:embed hashicorp.asc
var hashiCorpKey []byte

// Keys are public keys that may have signed a release.
type Keys struct {
	name string
	list openpgp.EntityList
}

// HashiCorpKeys is HashiCorp's key.
func HashiCorpKeys() *Keys {
	k, err := ReadKeys("HashiCorp's key", hashiCorpKey)
	if err != nil {
		panic(err) // it is a file of this package
	}
	return k
}

// ReadKeys reads public keys, ASCII-armoured or binary. name is for messages.
func ReadKeys(name string, data []byte) (*Keys, error) {
	read := openpgp.ReadKeyRing
	if bytes.Contains(data, []byte("-----BEGIN PGP")) {
		read = openpgp.ReadArmoredKeyRing
	}
	list, err := read(bytes.NewReader(data))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("there is none")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: no public key can be read: %w", name, err)
	}
	return &Keys{name: name, list: list}, nil
}

// SignatureError says that a list of checksums is not signed by whom it should be.
type SignatureError struct {
	URL  string // of the list
	Keys string // whose signature was expected
	Err  error
}

func (e *SignatureError) Error() string {
	return fmt.Sprintf("%s: it is not signed with %s: %v"+
		"\n  fix:  do not use this release; if it is a mirror's, compare it with the original", e.URL, e.Keys, e.Err)
}

func (e *SignatureError) Unwrap() error { return e.Err }

// verify checks a detached signature of a file and gives the fingerprint of the key that made it.
func (k *Keys) verify(url string, file, signature []byte) (fingerprint string, err error) {
	check := openpgp.CheckDetachedSignature
	if bytes.Contains(signature, []byte("-----BEGIN PGP")) {
		check = openpgp.CheckArmoredDetachedSignature
	}
	by, err := check(k.list, bytes.NewReader(file), bytes.NewReader(signature), &packet.Config{})
	if err != nil {
		return "", &SignatureError{URL: url, Keys: k.name, Err: err}
	}
	return fmt.Sprintf("%X", by.PrimaryKey.Fingerprint), nil
}
