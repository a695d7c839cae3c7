package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/translate/emit"
)

// WriteFolder writes an emitted Packer template into dir, which is made when absent. Bytes that the template only names by
// their SHA-256 come from open and are checked on the way. Existing files of the same names are replaced.
func WriteFolder(folder *emit.Folder, dir string, open func(sha256 string) (io.ReadCloser, error)) error {
	for _, f := range folder.Files {
		if err := writeFile(f, dir, open); err != nil {
			return fmt.Errorf("write Packer template: %s: %w", f.Path, err)
		}
	}
	return nil
}

func writeFile(f emit.File, dir string, open func(string) (io.ReadCloser, error)) (err error) {
	if !filepath.IsLocal(f.Path) {
		return errors.New("the path leaves the folder")
	}
	path := filepath.Join(dir, f.Path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	src := io.NopCloser(bytes.NewReader(f.Data))
	if f.Blob != "" {
		if src, err = open(f.Blob); err != nil {
			return err
		}
	}
	defer src.Close()
	// Removed first: a file of an earlier translation may be read-only or a link.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	dst, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, f.Mode)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(dst, sum), src)
	if err = errors.Join(err, dst.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); f.Blob != "" && got != f.Blob {
		return fmt.Errorf("the downloaded copy was changed on disk: SHA-256 is %s, was %s; remove it and run again", got, f.Blob)
	}
	return nil
}
