package layers

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// readSmall reads a file of a layer's folder that is small by its nature. A link is none.
func readSmall(dir *os.Root, name string) ([]byte, error) {
	f, err := openFile(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestRecord+1))
	if err == nil && len(text) > largestRecord {
		err = fmt.Errorf("its %s is larger than %d MiB", name, largestRecord>>20)
	}
	return text, err
}

// openFile opens an ordinary file for reading; a pipe would keep us waiting.
func openFile(dir *os.Root, name string) (*os.File, error) {
	if err := ordinary(dir, name); err != nil {
		return nil, err
	}
	return dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
}

func ordinary(dir *os.Root, name string) error {
	info, err := dir.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("its %s is no ordinary file", name)
	}
	return err
}

// writeFile puts a file into a folder, onto the disk, in one step: whoever reads it finds all of it or none.
func writeFile(dir *os.Root, name string, text []byte) error {
	temp := "." + name + ".new"
	f, err := dir.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, dir.Remove(temp))
	}
	if err := dir.Rename(temp, name); err != nil {
		return errors.Join(err, dir.Remove(temp))
	}
	return syncNames(dir)
}

// syncNames brings the names in a folder onto the disk.
func syncNames(dir *os.Root) error {
	d, err := dir.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// allocated is what a file takes of the host's disk, which for one with holes is less than its size.
func allocated(info fs.FileInfo) int64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.Size()
	}
	return st.Blocks * 512 // in units of 512 bytes, whatever the file system's own are
}

func sortByAge(layers []Layer) {
	slices.SortStableFunc(layers, func(a, b Layer) int {
		return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID))
	})
}
