// Package vhd writes and checks fixed VHDs: the one disk format Azure takes. A fixed VHD is the raw disk followed by a footer
// of 512 bytes. It is kept sparse on the host, so an image of 30 GiB with 1 GiB of data takes 1 GiB.
//
// qemu-img writes the disk, as raw and with several requests in flight and out of order; Ingot adds the footer. Of the ways that
// make bench compares, copying the extents of the layers itself among them, that one measured best.
package vhd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/google/uuid"

	"github.com/ingot-build/ingot/engine/diskspace"
	"github.com/ingot-build/ingot/engine/runcmd"
)

// Disk is a disk image of any format, at the top of its chain of backing files.
type Disk struct {
	Path   string
	Format string // qcow2, raw or vpc, as qemu-img names them
}

// SpaceError says that the file system filled up while a VHD was written. The partial file is gone again.
type SpaceError struct {
	Path string // of the VHD
	Free int64  // bytes free before the write
	Need int64  // bytes of data in the source: the most the VHD can take
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("no space left in %s: the disk has %s of data and %s were free", filepath.Dir(e.Path),
		humanize.IBytes(uint64(e.Need)), humanize.IBytes(uint64(e.Free)))
}

// Unwrap lets errors.Is find ENOSPC.
func (e *SpaceError) Unwrap() error { return syscall.ENOSPC }

// Why is the evidence, for a message.
func (e *SpaceError) Why() string { return "the file system filled up while the VHD was written" }

// Fix is what to do about it.
func (e *SpaceError) Fix() string {
	return fmt.Sprintf("free %s there (ingot clean shows what can go) and run again",
		humanize.IBytes(uint64(max(e.Need-e.Free, mib))))
}

// Write makes dst a fixed VHD with the content of src, its size rounded up to whole MiB. It needs qemu-img, and some 20 MiB of memory
// whatever the size of the disk; a disk in very many pieces takes about 300 bytes more for each. progress may be nil; it is told bytes of data done and in all, from one goroutine at a time.
//
// The VHD is written beside dst under another name and renamed at the end, so a dst that exists is replaced as a whole and
// nobody sees half a disk. When ctx ends, or on any error, the partial file is removed. A full disk gives *SpaceError.
func Write(ctx context.Context, run runcmd.Runner, src Disk, dst string, progress func(done, total int64)) (Info, error) {
	if progress == nil {
		progress = func(_, _ int64) {}
	}
	disk, err := measure(ctx, run, src)
	if err != nil {
		return Info{}, err
	}
	size := (disk.size + mib - 1) / mib * mib
	if size == 0 || size > MaxSize {
		return Info{}, fmt.Errorf("disk %s has %s; a VHD holds from 1 MiB to 2040 GiB", src.Path,
			humanize.IBytes(uint64(disk.size)))
	}
	room, err := diskspace.Of(filepath.Dir(dst))
	if err != nil {
		return Info{}, err
	}
	partial := fmt.Sprintf("%s.%s.partial", dst, uuid.NewString()[:8])
	defer os.Remove(partial) // after the rename there is nothing by this name

	if err := fill(ctx, run, disk, partial, size, progress); err != nil {
		if noSpace(err) {
			return Info{}, &SpaceError{Path: dst, Free: room.Free, Need: disk.data}
		}
		return Info{}, fmt.Errorf("write %s: %w", dst, err)
	}
	if err := os.Rename(partial, dst); err != nil {
		return Info{}, err
	}
	return Verify(dst)
}

// fill writes the disk and then the footer: a file that was cut short has none, and is not mistaken for a VHD.
func fill(ctx context.Context, run runcmd.Runner, disk source, path string, size int64, progress func(done, total int64)) error {
	if err := disk.convert(ctx, run, path, progress); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		return err
	}
	if _, err := f.WriteAt(newFooter(size, uuid.New(), time.Now()).Encode(), size); err != nil {
		return err
	}
	return f.Close()
}

// noSpace also knows qemu-img's words, which are strerror's.
func noSpace(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	exit, ok := errors.AsType[*runcmd.ExitError](err)
	return ok && containsAny(exit.Stderr, syscall.ENOSPC.Error(), syscall.EDQUOT.Error())
}

func containsAny(s string, subs ...string) bool {
	return slices.ContainsFunc(subs, func(sub string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(sub))
	})
}
