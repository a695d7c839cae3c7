package vhd

import (
	"bytes"
	"context"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/runcmd"
)

const (
	// chunk is what is read at a time. Measured on chains of qcow2, 2 and 4 MiB are the same and 1 MiB slower; copy_file_range is
	// slower than both where the file system cannot share blocks, and would keep the zeros that a guest wrote.
	chunk = 2 << 20

	// grain is the stretch that is looked at for zeros: a hole smaller than this saves less than the extra write costs.
	grain = 64 << 10

	// buffers bounds memory at buffers x chunk. More than one writer does not help: they wait for each other at the file's lock.
	buffers = 3
)

// zeros is what a hole reads as.
var zeros [grain]byte

// copyExtents writes the chain's data to a new sparse file at path: one goroutine reads while another writes. The runner is not
// needed, as nothing is started.
func (c *chain) copyExtents(ctx context.Context, _ runcmd.Runner, path string, progress func(done, total int64)) error {
	files := make([]*os.File, len(c.files))
	for i, name := range c.files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		files[i] = f
	}
	dst, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer dst.Close()

	group, ctx := errgroup.WithContext(ctx)
	pieces := make(chan piece)
	free := make(chan []byte, buffers)
	for range buffers {
		free <- make([]byte, chunk)
	}
	group.Go(func() error {
		defer close(pieces)
		return c.read(ctx, files, free, pieces)
	})
	group.Go(func() error {
		var done int64
		for p := range pieces {
			if err := writeData(dst, p.data, p.start); err != nil {
				return err
			}
			done += int64(len(p.data))
			progress(done, c.data)
			free <- p.data[:chunk]
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return dst.Close()
}

// piece is at most one chunk of data and where it belongs, in bytes.
type piece struct {
	data  []byte
	start int64
}

// read sends the chain's data in pieces, each in a buffer taken from free, which the receiver gives back.
func (c *chain) read(ctx context.Context, files []*os.File, free <-chan []byte, pieces chan<- piece) error {
	for _, e := range c.extents {
		for at := int64(0); at < e.length; {
			if cause := context.Cause(ctx); cause != nil {
				return cause // select alone would toss a coin while buffers are free
			}
			var buf []byte
			select {
			case buf = <-free:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			buf = buf[:min(e.length-at, chunk)]
			if _, err := files[e.file].ReadAt(buf, e.offset+at); err != nil {
				return err
			}
			select {
			case pieces <- piece{data: buf, start: e.start + at}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			at += int64(len(buf))
		}
	}
	return nil
}

// writeData writes buf at start and leaves a hole for every grain of zeros.
func writeData(dst *os.File, buf []byte, start int64) error {
	for from := 0; from < len(buf); {
		to := from
		for to < len(buf) && !isZero(buf[to:min(to+grain, len(buf))]) {
			to = min(to+grain, len(buf))
		}
		if to > from {
			if _, err := dst.WriteAt(buf[from:to], start+int64(from)); err != nil {
				return err
			}
		}
		from = to + grain // the grain at to is zeros, or the buffer has ended
	}
	return nil
}

// isZero reports whether b, at most one grain, holds only zeros.
func isZero(b []byte) bool { return bytes.Equal(b, zeros[:len(b)]) }
