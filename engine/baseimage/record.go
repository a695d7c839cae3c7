package baseimage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/ingot-build/ingot/engine/baseimage/catalog"
)

// lockPoll is how often a lock is tried that another process holds.
const lockPoll = 50 * time.Millisecond

// locked runs f while no other process changes the store. f must be short: downloads and copies happen outside.
func (s *Store) locked(ctx context.Context, f func() error) error {
	lock := flock.New(filepath.Join(s.root, "lock"))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fmt.Errorf("lock the store of base images: %w", err)
	}
	defer lock.Close()
	return f()
}

func (s *Store) recordPath(name string) string {
	return filepath.Join(s.root, "images", name, "image.json")
}

// names lists the folders of images. A folder without a record is of a process between two steps, and skipped by Get.
func (s *Store) names() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.root, "images"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && catalog.ValidName(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// record is image.json.
type record struct {
	Image
	Password string `json:"password,omitempty"` // of Machine.Login; an Image as others see it has none
}

func (s *Store) readRecord(name string) (Image, error) {
	path := s.recordPath(name)
	text, err := os.ReadFile(path)
	if err != nil {
		return Image{}, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return Image{}, &DamagedError{Image: Image{Name: name}, Reason: fmt.Sprintf("%s: %v", path, err)}
	}
	im := r.Image
	if im.Name != name || !isSHA256(im.SHA256) {
		return Image{}, &DamagedError{Image: Image{Name: name}, Reason: path + " is the record of something else"}
	}
	im.Path = s.blob(im.SHA256)
	if im.Machine.Login != nil {
		im.Machine.Login.Password = r.Password
	}
	return im, nil
}

func isSHA256(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 64
}

// publish moves a finished file into the store and gives it a name, replacing what had that name. The file's content is on
// the disk before the name is: after a power cut there is the old image or the new one.
func (s *Store) publish(ctx context.Context, file string, im Image, replace bool) (Image, error) {
	im.Path = s.blob(im.SHA256)
	if err := syncFile(file); err != nil {
		return Image{}, err
	}
	err := s.locked(ctx, func() error {
		if old, err := s.readRecord(im.Name); err == nil && !replace {
			return &ExistsError{Image: old}
		}
		if err := os.Chmod(file, 0o444); err != nil {
			return err
		}
		// Over an equal one, too: should that be damaged, it is not any more.
		if err := os.Rename(file, im.Path); err != nil {
			return err
		}
		if err := syncFile(filepath.Dir(im.Path)); err != nil {
			return err
		}
		r, mode := record{Image: im}, fs.FileMode(0o644)
		if login := im.Machine.Login; login != nil {
			r.Password, mode = login.Password, 0o600
		}
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := writeAtomic(s.recordPath(im.Name), append(text, '\n'), mode); err != nil {
			return err
		}
		return s.collect()
	})
	return im, err
}

// Remove takes an image out of the store, and its file unless another name has the same. A damaged image can be removed too.
func (s *Store) Remove(ctx context.Context, name string) error {
	if !catalog.ValidName(name) {
		return &NameError{Name: name}
	}
	return s.locked(ctx, func() error {
		// The record goes first: without it the folder counts for nothing.
		if err := os.Remove(s.recordPath(name)); errors.Is(err, fs.ErrNotExist) {
			return s.notPresent(name)
		} else if err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Dir(s.recordPath(name))); err != nil {
			return err
		}
		return s.collect()
	})
}

// collect removes blobs that no image has. The store is locked.
func (s *Store) collect() error {
	orphans, err := s.orphans()
	if err != nil {
		return err
	}
	for _, o := range orphans {
		if err := os.Remove(o.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// orphans lists blobs that no image has. While any record cannot be read there are none: that record's blob is not known.
func (s *Store) orphans() ([]Leftover, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, name := range names {
		im, err := s.readRecord(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil
		}
		used[im.SHA256] = true
	}
	dir := filepath.Join(s.root, "blobs", "sha256")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Leftover
	for _, e := range entries {
		if used[e.Name()] {
			continue
		}
		path := filepath.Join(dir, e.Name())
		all = append(all, Leftover{Path: path, What: "disk of no image", Size: diskUsage(path)})
	}
	return all, nil
}

// writeAtomic replaces a file as a whole: readers see the old text or the new one. Until it is whole nobody else may read it.
func writeAtomic(path string, text []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once renamed
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFile(dir)
}

// syncFile writes a file's, or a folder's, content to the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
