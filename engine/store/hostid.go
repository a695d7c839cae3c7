package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var hostIDShape = regexp.MustCompile(`^[0-9a-f]{16}$`)

// HostID is a random name of the state folder, 16 hex digits, made when it is asked for first. What runs make elsewhere bears it, so
// that a cleaner can tell its own things from those of another machine, whose runs it cannot see. It tells nobody which machine it is.
func (d Dirs) HostID() (string, error) {
	path := filepath.Join(d.State, "host-id")
	for range 2 {
		text, err := os.ReadFile(path)
		if err == nil {
			id := strings.TrimSpace(string(text))
			if !hostIDShape.MatchString(id) {
				return "", fmt.Errorf("%s is not as Ingot wrote it: it has no 16 hex digits; remove it if no run is going on", path)
			}
			return id, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read the name of the state folder: %w", err)
		}
		if err := makeHostID(path); err != nil {
			return "", fmt.Errorf("name the state folder: %w", err)
		}
	}
	return "", fmt.Errorf("%s vanished while it was read", path)
}

// makeHostID writes a new id, unless another process was faster. The file is there with all its bytes, or not at all.
func makeHostID(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "host-id-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(random[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
