package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/ingot-build/ingot/cmd/internal/view"
)

// errChanged says that somebody else has written a file since it was read.
var errChanged = errors.New("the file was changed while it was looked at; nothing was written")

// showDiff writes what is different in a file, as diff -u does.
func showDiff(w io.Writer, p view.Palette, file string, before, after []byte) error {
	text := udiff.Unified("a/"+filepath.ToSlash(file), "b/"+filepath.ToSlash(file), string(before), string(after))
	var b strings.Builder
	for l := range strings.Lines(text) {
		l = view.Line(strings.TrimSuffix(l, "\n"))
		switch {
		case strings.HasPrefix(l, "+++"), strings.HasPrefix(l, "---"):
			l = p.Bold(l)
		case strings.HasPrefix(l, "+"):
			l = p.Good(l)
		case strings.HasPrefix(l, "-"):
			l = p.Bad(l)
		case strings.HasPrefix(l, "@@"):
			l = p.Faint(l)
		}
		b.WriteString(l + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// replaceFile puts after in the place of before, at once: whoever reads the file meanwhile gets one or the other. It keeps the mode of
// the file, and follows links. When the file does not hold before any more it is left alone, with errChanged.
func replaceFile(file string, before, after []byte) (err error) {
	path, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, before) {
		return errors.Join(err, fmt.Errorf("%s: %w", file, errChanged))
	}
	return putFile(path, after, info.Mode().Perm())
}

// putFile writes a file under a name of its own and renames it: whoever looks gets all of it, or what was there before.
func putFile(path string, text []byte, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".ingot-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// createFile makes a file that must not be there yet: the error is fs.ErrExist then. One that could not be written whole is removed.
func createFile(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
