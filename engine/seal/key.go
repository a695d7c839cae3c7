package seal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyFile is the name of the key in the state folder. It is one line: the word, and 64 hexadecimal digits.
const (
	keyFile = "seal.key"
	keyWord = "ingot-key-1 "
)

// Open gives the key of a state folder, and makes it if there is none. Of several processes that make it at once, one wins and all get
// its key. A folder whose key was removed gets a new one: what was sealed before cannot be opened any more.
func Open(stateDir string) (*Key, error) {
	path := filepath.Join(stateDir, keyFile)
	k, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path); err != nil {
			return nil, fmt.Errorf("make the key that seals what runs keep: %w", err)
		}
		k, err = readKey(path)
	}
	return k, err
}

// KeyError says that the file with the key is of no use.
type KeyError struct{ Path, Why, Fix string }

// Error says what is wrong and how to go on.
func (e *KeyError) Error() string {
	return fmt.Sprintf("%s, which seals what runs keep: %s; %s", e.Path, e.Why, e.Fix)
}

func readKey(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, &KeyError{
			Path: path, Why: fmt.Sprintf("others than its owner may read it (mode %04o)", info.Mode().Perm()), Fix: "run: chmod 600 " + path,
		}
	}
	text, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	digits, ok := strings.CutPrefix(strings.TrimSuffix(string(text), "\n"), keyWord)
	secret, err := hex.DecodeString(digits)
	if !ok || err != nil || len(secret) != keySize {
		return nil, &KeyError{
			Path: path, Why: "it does not hold a key", Fix: "restore it, or remove it: runs that were killed cannot be resumed then",
		}
	}
	return newKey(secret)
}

// makeKey makes the key's file, whole from its first moment on, unless somebody else just did.
func makeKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	secret := make([]byte, keySize)
	_, _ = rand.Read(secret) // it never fails
	temp, err := writeBeside(path, []byte(keyWord+hex.EncodeToString(secret)+"\n"))
	if err != nil {
		return err
	}
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(temp), syncFolder(filepath.Dir(path)))
}
