package lightguest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// diskPrefix is what the names of the folders begin with that disks are.
const diskPrefix = "ingot-azure-sim-disk-"

// diskDir is the folder of a disk with a name.
func (m *Machines) diskDir(name string) string {
	dir := m.Dir
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, diskPrefix+filepath.Base(name))
}

// makeDisk makes the folder of a disk, or finds what was copied into it. One without a name is its machine's alone.
func (m *Machines) makeDisk(name string) (string, error) {
	if name == "" {
		return os.MkdirTemp(m.Dir, diskPrefix)
	}
	dir := m.diskDir(name)
	return dir, os.MkdirAll(dir, 0o700)
}

// removeDisk removes a disk that has no name: the others stay until DropDisk.
func (g *guest) removeDisk() error {
	if g.about.Disk != "" {
		return nil
	}
	return os.RemoveAll(g.dir)
}

// CopyDisk copies what is on a disk, also on that of a machine that is on.
func (m *Machines) CopyDisk(_ context.Context, from, to string) error {
	source, target := m.diskDir(from), m.diskDir(to)
	if _, err := os.Stat(source); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return os.CopyFS(target, os.DirFS(source))
}

// DropDisk removes a disk.
func (m *Machines) DropDisk(name string) error { return os.RemoveAll(m.diskDir(name)) }
