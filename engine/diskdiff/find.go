package diskdiff

import (
	"context"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxLinks is how many symbolic links may be followed to find one file, as the kernel has it.
const maxLinks = 40

// Find gives the file that a path of the machine leads to, and its path without links. The error is a *fs.PathError with fs.ErrNotExist
// when there is none.
func (d *Disk) Find(ctx context.Context, name string) (at string, e *Entry, err error) {
	defer damaged(d.path, &err)
	t, err := d.tree(ctx)
	if err != nil {
		return "", nil, err
	}
	at, ok := t.find(path.Clean("/" + name))
	if !ok {
		return "", nil, &fs.PathError{Op: "find", Path: name, Err: fs.ErrNotExist}
	}
	if at == "/" {
		return at, &Entry{Mode: fs.ModeDir | 0o755, disk: d}, nil
	}
	return at, t[at], t[at].look()
}

// find follows links on the way, and at its end.
func (t tree) find(name string) (string, bool) {
	at, rest := "/", strings.TrimPrefix(name, "/")
	for links := 0; rest != ""; {
		var first string
		first, rest, _ = strings.Cut(rest, "/")
		switch first {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, first)
		e := t[next]
		if e == nil {
			return "", false
		}
		if e.Mode.Type() != fs.ModeSymlink {
			if at = next; rest != "" && !e.Mode.IsDir() {
				return "", false
			}
			continue
		}
		if links++; links > maxLinks {
			return "", false
		}
		if path.IsAbs(e.Link) {
			at = "/"
		}
		rest = strings.TrimPrefix(e.Link, "/") + "/" + rest
	}
	return at, true
}

// Below gives all that is in a folder and below it, by its path without links, in order. Find has read the names.
func (d *Disk) Below(folder string) iter.Seq2[string, *Entry] {
	return func(yield func(string, *Entry) bool) {
		prefix := strings.TrimSuffix(folder, "/") + "/"
		for _, name := range slices.Sorted(maps.Keys(d.names)) {
			if strings.HasPrefix(name, prefix) && !yield(name, d.names[name]) {
				return
			}
		}
	}
}

// Look completes an entry that Below gave with its permissions.
func (e *Entry) Look() (err error) {
	defer damaged(e.disk.path, &err)
	return e.look()
}
