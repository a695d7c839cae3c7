package seal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// largest is how much of a sealed file is read: a plan of the largest template that Ingot takes, with all its scripts, is far below.
const largest = 64 << 20

// WriteFile seals text for a run and puts it at path, in one step: whoever reads the file finds the old text or the new one. It is
// sealed under the file's name, without its folder, so the run's folder may be moved as a whole. Mode 0600.
func (k *Key) WriteFile(path, run string, text []byte) error {
	if err := replaceFile(path, k.Seal(text, run, filepath.Base(path))); err != nil {
		return fmt.Errorf("write sealed file: %w", err)
	}
	return nil
}

// ReadFile gives back what WriteFile wrote for a run. The error is an *OpenError; fs.ErrNotExist is in it when there is no file.
func (k *Key) ReadFile(path, run string) ([]byte, error) {
	sealed, err := readBounded(path)
	if err != nil {
		return nil, &OpenError{Path: path, Err: err}
	}
	text, err := k.Open(sealed, run, filepath.Base(path))
	if err != nil {
		return nil, &OpenError{Path: path, Err: err}
	}
	return text, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if len(text) > largest {
		return nil, fmt.Errorf("it is larger than %d MiB", largest>>20)
	}
	return text, nil
}

// withoutPath leaves the path out of an error of the file system, for a message that names it already.
func withoutPath(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// replaceFile writes a file beside path, onto the disk, and moves it there.
func replaceFile(path string, text []byte) error {
	temp, err := writeBeside(path, text)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(path))
}

// writeBeside writes a new file into the folder of path, mode 0600, and onto the disk.
func writeBeside(path string, text []byte) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // it makes files with mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncFolder brings the names in a folder onto the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
