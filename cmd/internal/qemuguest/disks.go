package qemuguest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/ingot-build/ingot/plugins/qemu"
)

// disks are those whose machines are on.
type disks struct {
	mu sync.Mutex
	on map[string]bool
}

func (d *disks) turn(name string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.on == nil {
		d.on = map[string]bool{}
	}
	d.on[name] = on
}

// diskDir is the folder of a disk and of the machine that it is the disk of.
func (m *Machines) diskDir(name string) string { return filepath.Join(m.Dir, filepath.Base(name)) }

// CopyDisk copies what was written to a disk; the base disk is below both. The machine that the disk is of has to be off.
func (m *Machines) CopyDisk(ctx context.Context, from, to string) error {
	m.disks.mu.Lock()
	defer m.disks.mu.Unlock() // so that it is not turned on meanwhile
	if m.disks.on[from] {
		return errors.New("the disk is that of a QEMU machine that is on: turn it off first")
	}
	source, err := os.Open(filepath.Join(m.diskDir(from), qemu.GuestDisk))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer source.Close()
	if err := os.MkdirAll(m.diskDir(to), 0o700); err != nil {
		return err
	}
	target, err := os.OpenFile(filepath.Join(m.diskDir(to), qemu.GuestDisk), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source) // the kernel shares or copies it; a cancelled emulator waits for that
	if err = errors.Join(err, target.Close(), ctx.Err()); err != nil {
		return errors.Join(fmt.Errorf("copy a disk: %w", err), m.DropDisk(to))
	}
	return nil
}

// DropDisk removes a disk.
func (m *Machines) DropDisk(name string) error { return os.RemoveAll(m.diskDir(name)) }
