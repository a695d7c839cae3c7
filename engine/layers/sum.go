package layers

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sys/unix"
)

// block is what a sum is made over at a time. A block of zeros adds nothing but its place, so a hole and zeros written out are the same.
const block = 64 << 10

var zeros [block]byte

// sumOf is a checksum of a file's size and bytes. It finds what disks and people break, at the speed of memory; it is no proof against
// who can write here and has all of the guest's secrets anyway.
func sumOf(ctx context.Context, f *os.File) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	size := info.Size()
	h := xxhash.New()
	head := binary.BigEndian.AppendUint64(nil, uint64(size))
	_, _ = h.Write(head) // it never fails
	buf := make([]byte, 16*block)
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return "", context.Cause(ctx)
		}
		start, err := unix.Seek(int(f.Fd()), at, unix.SEEK_DATA)
		switch {
		case errors.Is(err, unix.ENXIO):
			start = size // a hole up to the end
		case err != nil:
			start = at // a file system that knows no holes
		}
		if start >= size {
			break
		}
		at = start / block * block
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if err != nil && !(errors.Is(err, io.EOF) && n > 0) {
			return "", err
		}
		for i := 0; i < n; i += block {
			piece := buf[i:min(i+block, n)]
			if bytes.Equal(piece, zeros[:len(piece)]) {
				continue
			}
			_, _ = h.Write(binary.BigEndian.AppendUint64(head[:0], uint64(at)+uint64(i)))
			_, _ = h.Write(piece)
		}
		at += int64(n)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
