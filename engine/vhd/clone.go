package vhd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/engine/diskspace"
)

// Copy makes dst, which must not exist, a copy of the file src with the same holes. Where the file system can share blocks
// nothing is copied at all. On an error, or when ctx ends, dst is removed. A full disk gives *SpaceError.
func Copy(ctx context.Context, src, dst string) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	room, err := diskspace.Of(filepath.Dir(dst))
	if err != nil {
		return err
	}
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err == nil {
			return
		}
		if noSpace(err) {
			err = &SpaceError{Path: dst, Free: room.Free, Need: allocated(st)}
		}
		_ = os.Remove(dst)
	}()
	if unix.IoctlFileClone(int(out.Fd()), int(in.Fd())) == nil {
		return nil
	}
	if err := copyData(ctx, out, in, st.Size()); err != nil {
		return fmt.Errorf("copy %s to %s: %w", src, dst, err)
	}
	return out.Truncate(st.Size()) // the file may end in a hole
}

// chunk is what is read at a time: 1 MiB is slower, more is not faster.
const chunk = 2 << 20

// copyData copies every stretch of data of the first size bytes, chunk by chunk.
func copyData(ctx context.Context, out, in *os.File, size int64) error {
	buf := make([]byte, chunk)
	for end := int64(0); end < size; {
		start, err := in.Seek(end, unix.SEEK_DATA)
		if errors.Is(err, syscall.ENXIO) {
			return nil // only a hole is left
		}
		if err != nil {
			return err
		}
		if end, err = in.Seek(start, unix.SEEK_HOLE); err != nil {
			return err
		}
		for start < end {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			n, err := in.ReadAt(buf[:min(chunk, end-start)], start)
			if err != nil && !(errors.Is(err, io.EOF) && n > 0) {
				return err
			}
			if _, err := out.WriteAt(buf[:n], start); err != nil {
				return err
			}
			start += int64(n)
		}
	}
	return nil
}
