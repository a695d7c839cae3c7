package baseimage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/engine/events"
)

const (
	copyChunk      = 1 << 20 // bytes read at a time
	progressStride = 4 << 20 // bytes between two reports, or a hundredth of the whole, whichever is more
)

var zeros [copyChunk]byte

// report tells how far a work is, but not for each chunk. A nil function is told nothing.
type report struct {
	to         func(events.Progress)
	what       string
	total      int64
	done, last int64
}

func (r *report) set(done int64) {
	r.done = done
	if r.to != nil && (done-r.last >= max(progressStride, r.total/100) || done < r.last || done == r.total || done == 0) {
		r.last = done
		r.to(events.Progress{What: r.what, Done: done, Total: r.total, Unit: "bytes"})
	}
}

// copyFile copies from to to, which must not exist, and gives the SHA-256 of what it copied. Holes stay holes; on a file
// system that can share blocks (btrfs, xfs) the copy takes no space.
func copyFile(ctx context.Context, from, to string, r *report) (digest string, size int64, err error) {
	src, err := os.Open(from)
	if err != nil {
		return "", 0, err
	}
	defer src.Close()
	before, err := src.Stat()
	if err != nil {
		return "", 0, err
	}
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()

	size = before.Size()
	sum := sha256.New()
	if unix.IoctlFileClone(int(dst.Fd()), int(src.Fd())) == nil {
		// Shared already; what is left is the digest, of our copy, for the original may be changing.
		err = readSparse(ctx, dst, size, r, sum, nil)
	} else if err = dst.Truncate(size); err == nil {
		err = readSparse(ctx, src, size, r, sum, dst)
	}
	if err != nil {
		return "", 0, err
	}
	after, err := os.Stat(from)
	if err != nil {
		return "", 0, err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return "", 0, &mendable{fmt.Errorf("%s changed while it was copied", from), "stop what writes to it (a running VM?), then again"}
	}
	return hex.EncodeToString(sum.Sum(nil)), size, nil
}

// hashFile feeds a file's content, holes as zeros, to a hash.
func hashFile(ctx context.Context, path string, r *report, sum io.Writer) (size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), readSparse(ctx, f, st.Size(), r, sum, nil)
}

// readSparse reads src to its end, gives all of it to sum and its data, without holes, to dst at the same place. dst may be
// nil. It asks the file system for holes instead of reading them.
func readSparse(ctx context.Context, src *os.File, size int64, r *report, sum io.Writer, dst io.WriterAt) error {
	buf := make([]byte, copyChunk)
	r.total = size
	for at := int64(0); at < size; {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		data, end := extent(src, at, size)
		for ; at < data; at += min(copyChunk, data-at) {
			if _, err := sum.Write(zeros[:min(copyChunk, data-at)]); err != nil {
				return err
			}
		}
		for at < end {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			n, err := src.ReadAt(buf[:min(copyChunk, end-at)], at)
			if n == 0 {
				if errors.Is(err, io.EOF) {
					return fmt.Errorf("%s ends at byte %d of %d: it was cut while it was read", src.Name(), at, size)
				}
				return err
			}
			if _, err := sum.Write(buf[:n]); err != nil {
				return err
			}
			if dst != nil {
				if _, err := dst.WriteAt(buf[:n], at); err != nil {
					return err
				}
			}
			at += int64(n)
			r.set(at)
		}
	}
	r.set(size)
	return nil
}

// extent gives the next stretch of data at or after at: [data, end). Without data data and end are size; on a file system
// that knows no holes it is all data.
func extent(f *os.File, at, size int64) (data, end int64) {
	data, err := unix.Seek(int(f.Fd()), at, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		return size, size
	}
	if err != nil {
		return at, size
	}
	end, err = unix.Seek(int(f.Fd()), data, unix.SEEK_HOLE)
	if err != nil {
		return at, size
	}
	return min(data, size), min(end, size)
}

// sha256File is hashFile with the one digest that the store goes by.
func sha256File(ctx context.Context, path string, r *report) (digest string, size int64, err error) {
	var sum hash.Hash = sha256.New()
	size, err = hashFile(ctx, path, r, sum)
	return hex.EncodeToString(sum.Sum(nil)), size, err
}
