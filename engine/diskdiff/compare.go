package diskdiff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
)

// Kind says what became of a thing.
type Kind string

// The kinds.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Report is what is different on a disk b against a disk a. Every list is sorted.
type Report struct {
	Bytes    int64    `json:"bytes"` // of disk that b's files take more than a's; negative: less
	Files    []Change `json:"files"`
	Packages []Item   `json:"packages"` // by name and architecture; the states are versions
	Services []Item   `json:"services"` // units of systemd that start by themselves, or no longer do
	Sockets  []Item   `json:"sockets"`  // where socket units listen
	Users    []Item   `json:"users"`
	Groups   []Item   `json:"groups"`
	Outside  []string `json:"outside"` // parts of the disk beside its Linux file systems that have other bytes
	Grown    []Growth `json:"grown"`   // folders that explain Bytes, the largest first
}

// Empty reports whether there is no difference at all.
func (r *Report) Empty() bool { return len(r.Files) == 0 && len(r.Outside) == 0 }

// Change is a file, folder or link that is not the same.
type Change struct {
	Path   string   `json:"path"`
	Kind   Kind     `json:"kind"`
	Before *Entry   `json:"before,omitempty"` // nil when added
	After  *Entry   `json:"after,omitempty"`  // nil when removed
	What   []string `json:"what,omitempty"`   // of a change: content, mode, owner, type, target, device, attributes
	Text   string   `json:"text,omitempty"`   // a unified diff, of small texts that are no secrets
}

// Item is something with a name and a state: a service that is enabled, a user with a shell.
type Item struct {
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Options say what is wanted beside the names of what differs.
type Options struct {
	Text bool // Change.Text, for which every small file that is new or changed is read
}

// Compare tells how b differs from a. The error is an *UnreadableError for a disk that is damaged, or the cause of ctx.
func Compare(ctx context.Context, a, b *Disk, o Options) (r *Report, err error) {
	defer damaged(a.path+", or "+b.path, &err)
	before, err := a.tree(ctx)
	if err != nil {
		return nil, err
	}
	after, err := b.tree(ctx)
	if err != nil {
		return nil, err
	}
	r = &Report{Files: []Change{}, Outside: []string{}, Grown: []Growth{}}
	if err := r.files(ctx, before, after, o); err != nil {
		return nil, err
	}
	if err := r.facts(before, after); err != nil {
		return nil, err
	}
	if err := r.outside(ctx, a, b); err != nil {
		return nil, err
	}
	r.grown(before, after)
	return r, nil
}

// files compares the trees name by name.
func (r *Report) files(ctx context.Context, before, after tree, o Options) error {
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, path := range slices.Sorted(maps.Keys(names)) {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		x, y := before[path], after[path]
		if x != nil && y != nil && untouched(x, y) {
			continue
		}
		if err := errors.Join(x.look(), y.look()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		c := Change{Path: path, Before: x, After: y}
		switch {
		case x == nil:
			c.Kind = Added
		case y == nil:
			c.Kind = Removed
		default:
			what, err := differences(x, y)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if len(what) == 0 {
				continue
			}
			c.Kind, c.What = Changed, what
		}
		if o.Text {
			var err error
			if c.Text, err = textDiff(path, x, y); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		r.Files = append(r.Files, c)
	}
	return nil
}

// differences names what is not the same about two entries of one path. Times alone are no difference.
func differences(x, y *Entry) (what []string, err error) {
	if x.Mode.Type() != y.Mode.Type() {
		return []string{"type"}, nil
	}
	if x.Mode != y.Mode {
		what = append(what, "mode")
	}
	if x.UID != y.UID || x.GID != y.GID {
		what = append(what, "owner")
	}
	if x.Link != y.Link {
		what = append(what, "target")
	}
	if x.Major != y.Major || x.Minor != y.Minor {
		what = append(what, "device")
	}
	same, err := sameContent(x, y)
	if err == nil && !same {
		what = append(what, "content")
	}
	if err == nil && (x.Mode.IsDir() || x.Mode.IsRegular()) {
		if same, err = sameAttributes(x, y); err == nil && !same {
			what = append(what, "attributes")
		}
	}
	return what, err
}

// untouched reports whether an inode is the one of the other disk, and nobody has written to it since, nor to its permissions. The change
// time cannot be set by a program, other than the modification time.
func untouched(x, y *Entry) bool {
	return x.birth == y.birth && x.inode == y.inode && x.Size == y.Size && x.changed.Equal(y.changed) && x.modified.Equal(y.modified)
}

func sameContent(x, y *Entry) (bool, error) {
	if !x.Mode.IsRegular() {
		return true, nil
	}
	if x.Size != y.Size {
		return false, nil
	}
	f, err := x.Content()
	if err != nil {
		return false, err
	}
	g, err := y.Content()
	if err != nil {
		return false, err
	}
	return sameData(f, g)
}

// sameBytes compares two streams to their ends.
func sameBytes(f, g io.Reader) (bool, error) {
	p, q := make([]byte, 1<<18), make([]byte, 1<<18)
	for {
		n, err := io.ReadFull(f, p)
		m, gerr := io.ReadFull(g, q)
		if !bytes.Equal(p[:n], q[:m]) {
			return false, nil
		}
		for _, e := range []error{err, gerr} {
			if e != nil && e != io.EOF && e != io.ErrUnexpectedEOF {
				return false, e
			}
		}
		if err != nil || gerr != nil {
			return (err != nil) == (gerr != nil), nil
		}
	}
}

// sameAttributes compares extended attributes: capabilities, ACLs, labels.
func sameAttributes(x, y *Entry) (bool, error) {
	x.disk.bytes.allow()
	y.disk.bytes.allow()
	m, err := x.disk.inode(x.layout, x.inode)
	if err != nil {
		return false, err
	}
	n, err := y.disk.inode(y.layout, y.inode)
	if err != nil {
		return false, err
	}
	a, small := m.attributes()
	if b, both := n.attributes(); small && both && bytes.Equal(a, b) {
		return true, nil
	}
	p, err := x.in.GetXattr(x.name)
	if err != nil {
		return false, err
	}
	q, err := y.in.GetXattr(y.name)
	return maps.EqualFunc(p, q, bytes.Equal), err
}

// outside compares what the disks have beside their Linux file systems, byte by byte.
func (r *Report) outside(ctx context.Context, a, b *Disk) error {
	for _, y := range b.other {
		i := slices.IndexFunc(a.other, func(x region) bool { return x.name == y.name })
		if i < 0 {
			r.Outside = append(r.Outside, y.name+": added")
			continue
		}
		x := a.other[i]
		if max(x.size, y.size) > maxRegion {
			r.Outside = append(r.Outside, y.name+": not compared, it is too large")
			continue
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		same := x.size == y.size
		if same {
			var err error
			if same, err = sameBytes(io.NewSectionReader(a.bytes.ReaderAt, x.start, x.size), io.NewSectionReader(b.bytes.ReaderAt, y.start, y.size)); err != nil {
				return fmt.Errorf("%s: %w", y.name, err)
			}
		}
		if !same {
			r.Outside = append(r.Outside, y.name+": changed")
		}
	}
	for _, x := range a.other {
		if !slices.ContainsFunc(b.other, func(y region) bool { return x.name == y.name }) {
			r.Outside = append(r.Outside, x.name+": removed")
		}
	}
	return nil
}

// read gives the bytes of a file of a tree; nil when there is none, or when it is larger than any of its kind.
func (t tree) read(path string, limit int64) ([]byte, error) {
	for range 8 { // links such as /etc/os-release
		e := t[path]
		switch {
		case e == nil:
			return nil, nil
		case e.Mode.IsRegular():
			return e.read(limit)
		case e.Mode.Type() != fs.ModeSymlink:
			return nil, nil
		}
		path = resolveLink(path, e.Link)
	}
	return nil, nil
}

func (e *Entry) read(limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, nil
	}
	c, err := e.Content()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(c, 0, min(c.size, limit)))
}
