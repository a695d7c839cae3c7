package diskdiff

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"slices"
)

// Content is the data of a regular file on a disk. It is safe for one goroutine at a time.
type Content struct {
	size   int64
	disk   io.ReaderAt
	inline []byte
	data   []extent
}

// Content opens the data of a regular file.
func (e *Entry) Content() (*Content, error) {
	if !e.Mode.IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: e.name, Err: errors.New("it is no regular file")}
	}
	e.disk.bytes.allow()
	node, err := e.disk.inode(e.layout, e.inode)
	if err != nil {
		return nil, err
	}
	c := &Content{size: node.size(), disk: unbounded{e.disk.bytes}}
	if node.flags()&flagInline != 0 {
		if c.size > int64(len(node.body())) {
			return nil, errors.New("its data is kept with its attributes")
		}
		c.inline = node.body()
		return c, nil
	}
	c.data, err = e.disk.extents(e.layout, node)
	return c, err
}

// Size is how long the file is, in bytes, with its holes.
func (c *Content) Size() int64 { return c.size }

// ReadAt implements io.ReaderAt. Holes are zeros.
func (c *Content) ReadAt(b []byte, at int64) (n int, err error) {
	if at >= c.size {
		return 0, io.EOF
	}
	if left := c.size - at; int64(len(b)) > left {
		b, err = b[:left], io.EOF
	}
	if c.inline != nil {
		return copy(b, c.inline[at:]), err
	}
	clear(b)
	i, _ := slices.BinarySearchFunc(c.data, at, func(x extent, at int64) int { return cmp.Compare(x.at+x.length-1, at) })
	for _, x := range c.data[i:] {
		from, to := max(at, x.at), min(at+int64(len(b)), x.at+x.length)
		if from >= to {
			break
		}
		if m, err := c.disk.ReadAt(b[from-at:to-at], x.disk+from-x.at); m < int(to-from) {
			return int(from-at) + m, err
		}
	}
	return len(b), err
}

// Data gives the parts of the file that may be something else than zeros, in order: where each begins, and its length.
func (c *Content) Data(yield func(at, length int64) bool) {
	if c.inline != nil {
		yield(0, c.size)
		return
	}
	for _, x := range c.data {
		if length := min(x.length, c.size-x.at); length > 0 && !yield(x.at, length) {
			return
		}
	}
}

// sameData compares two files of one size, without a look at what is a hole in both.
func sameData(x, y *Content) (bool, error) {
	p, q := make([]byte, 1<<18), make([]byte, 1<<18)
	for _, part := range parts(x, y) {
		for at := part.at; at < part.at+part.length; at += int64(len(p)) {
			n := min(part.at+part.length-at, int64(len(p)))
			for _, read := range []struct {
				from *Content
				into []byte
			}{{x, p}, {y, q}} {
				if _, err := read.from.ReadAt(read.into[:n], at); err != nil && err != io.EOF {
					return false, err
				}
			}
			if !bytes.Equal(p[:n], q[:n]) {
				return false, nil
			}
		}
	}
	return true, nil
}

// parts gives the parts that are data in any of some files, in order and apart from each other.
func parts(files ...*Content) []extent {
	var all, apart []extent
	for _, c := range files {
		for at, length := range c.Data {
			all = append(all, extent{at: at, length: length})
		}
	}
	slices.SortFunc(all, func(a, b extent) int { return cmp.Compare(a.at, b.at) })
	for _, x := range all {
		if last := len(apart) - 1; last >= 0 && x.at <= apart[last].at+apart[last].length {
			apart[last].length = max(apart[last].length, x.at+x.length-apart[last].at)
			continue
		}
		apart = append(apart, x)
	}
	return apart
}

// unbounded reads without a budget: of a file no more is read than it is large.
type unbounded struct{ s storage }

func (u unbounded) ReadAt(b []byte, at int64) (int, error) { return u.s.patched(b, at) }
