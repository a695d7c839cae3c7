package layers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Base is the disk under the first layer of a chain.
type Base struct {
	Path   string    `json:"path"` // absolute: the very file that disks name as what they lie over
	Format string    `json:"format"`
	SHA256 string    `json:"sha256,omitempty"` // "" where it is not known
	Size   int64     `json:"size"`
	MTime  time.Time `json:"mtime"`
	Inode  uint64    `json:"inode"`
}

// StatBase looks at the disk of a base image. sha256 is its checksum, where somebody knows it.
func StatBase(path, format, sha256 string) (Base, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Base{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Base{}, err
	}
	if !info.Mode().IsRegular() {
		return Base{}, fmt.Errorf("%s is no file that layers can lie over", path)
	}
	return Base{
		Path: path, Format: format, SHA256: strings.ToLower(sha256), Size: info.Size(), MTime: info.ModTime().UTC(), Inode: inode(info),
	}, nil
}

// identity is what of a base image is in a key: its checksum, or else all that tells one file from another. Its path is not in it: a
// pinned base image is the same one.
func (b Base) identity() string {
	if b.SHA256 != "" {
		return b.Format + " sha256:" + b.SHA256
	}
	return fmt.Sprintf("%s file:%d:%d:%d", b.Format, b.Size, b.MTime.UnixNano(), b.Inode)
}

// intact holds the file against what it was when the first layer was put over it.
func (b Base) intact() error {
	if b.Path == "" {
		return errors.New("it names no base image")
	}
	info, err := os.Stat(b.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("its base image %s is gone", b.Path)
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Size() != b.Size || !info.ModTime().Equal(b.MTime) || inode(info) != b.Inode:
		return fmt.Errorf("its base image %s was changed", b.Path)
	}
	return nil
}

// PinBase gives a base image a second name among the layers, so that layers over it outlive its removal. Where that cannot be, on another
// file system, the base image is named as it is: once it is removed, its layers are of no use. The name stays for as long as this process
// lives, layers lie over it, or a machine is kept.
func (s *Store) PinBase(ctx context.Context, path, format, sha256 string) (Base, error) {
	b, err := StatBase(path, format, sha256)
	if err != nil {
		return Base{}, err
	}
	real, err := filepath.EvalSymlinks(b.Path) // a link to a link is no second name of the disk
	if err != nil {
		return Base{}, err
	}
	if err := s.holdBases(ctx); err != nil {
		return Base{}, err
	}
	pinned := filepath.Join(s.bases(), s.part("base", fmt.Sprintf("%d:%d:%d", b.Inode, b.Size, b.MTime.UnixNano())).MAC.String()[:24])
	err = os.Link(real, pinned)
	switch {
	case errors.Is(err, fs.ErrExist):
		have, err := StatBase(pinned, format, sha256)
		if err == nil && have.Inode == b.Inode {
			return have, nil
		}
		return b, nil
	case err != nil:
		return b, nil
	}
	b.Path = pinned
	return b, nil
}

func (s *Store) bases() string { return filepath.Join(s.dir, "bases") }

// holdBases keeps second names from being dropped while this process may make layers over them.
func (s *Store) holdBases(ctx context.Context) error {
	if err := os.MkdirAll(s.bases(), 0o700); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.basesLock != nil {
		return nil
	}
	lock := s.lockOfBases()
	if _, err := lock.TryRLockContext(ctx, 5*time.Millisecond); err != nil {
		return errors.Join(fmt.Errorf("hold base images of layers: %w", err), lock.Close())
	}
	s.basesLock = lock
	return nil
}

func (s *Store) lockOfBases() *flock.Flock {
	return flock.New(filepath.Join(s.dir, basesLock), flock.SetPermissions(0o600))
}

// dropBases removes second names that no layer needs, unless somebody may need them soon.
func (s *Store) dropBases() error {
	bases, err := s.pinnedBases()
	if err != nil || len(bases) == 0 {
		return err
	}
	if pinned, err := s.pinned(); err != nil || len(pinned) > 0 {
		return err
	}
	lock := s.lockOfBases()
	ok, err := lock.TryLock()
	if err != nil || !ok {
		return errors.Join(err, lock.Close())
	}
	defer lock.Close()
	all, _, err := s.all()
	if err != nil {
		return err
	}
	for _, b := range bases {
		if slices.ContainsFunc(all, func(l Layer) bool { return l.Base.Path == b.path }) {
			continue
		}
		if err := os.Remove(b.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// pinnedBase is a base image's second name.
type pinnedBase struct {
	path  string
	bytes int64 // that go with it; 0 while the base image has its first name
}

func (s *Store) pinnedBases() ([]pinnedBase, error) {
	entries, err := os.ReadDir(s.bases())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []pinnedBase
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		b := pinnedBase{path: filepath.Join(s.bases(), e.Name())}
		if links(info) == 1 {
			b.bytes = allocated(info)
		}
		all = append(all, b)
	}
	return all, nil
}

func inode(info fs.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }

func links(info fs.FileInfo) uint64 { return uint64(info.Sys().(*syscall.Stat_t).Nlink) }
