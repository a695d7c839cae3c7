package diskdiff

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/diskfs/go-diskfs/filesystem/ext4"
)

// Entry is a file, folder or link of a disk.
type Entry struct {
	Mode  fs.FileMode `json:"-"`
	Type  string      `json:"mode"` // as ls -l shows it: -rw-r--r--
	UID   uint32      `json:"uid"`
	GID   uint32      `json:"gid"`
	Size  int64       `json:"size"`             // bytes, of a regular file
	Link  string      `json:"target,omitempty"` // of a symbolic link
	Major uint32      `json:"-"`
	Minor uint32      `json:"-"`

	disk     *Disk
	in       *ext4.FileSystem
	layout   layout
	birth    string // of that file system
	name     string // in it
	inode    uint32
	modified time.Time
	changed  time.Time
	held     int64 // bytes of the disk, counted for one name of an inode
}

// tree is all that the file systems of a disk hold, by absolute path.
type tree map[string]*Entry

// maxEntries bounds what is read of a disk: a damaged one may have folders in circles.
const maxEntries = 20_000_000

// maxDepth is more than a path of 4096 bytes can have.
const maxDepth = 2048

// tree reads all names of the disk, once.
func (d *Disk) tree(ctx context.Context) (tree, error) {
	if d.names != nil {
		return d.names, nil
	}
	t := tree{}
	for _, f := range d.parts {
		w := walker{ctx: ctx, disk: d, into: t, fs: f.fs, layout: f.layout, birth: f.birth, mount: f.mount, counted: map[uint32]bool{}}
		if err := w.walk(".", 0); err != nil {
			return nil, err
		}
	}
	d.names = t
	return t, nil
}

// walker reads one file system.
type walker struct {
	ctx     context.Context
	disk    *Disk
	into    tree
	fs      *ext4.FileSystem
	layout  layout
	birth   string
	mount   string
	counted map[uint32]bool
}

func (w *walker) walk(folder string, depth int) error {
	if cause := context.Cause(w.ctx); cause != nil {
		return cause
	}
	if depth > maxDepth || len(w.into) > maxEntries {
		return &UnreadableError{Path: w.disk.path, Reason: fmt.Sprintf("its file system is damaged: /%s has no end", folder)}
	}
	w.disk.bytes.allow()
	list, err := w.fs.ReadDir(folder)
	if err != nil {
		return &UnreadableError{Path: w.disk.path, Reason: fmt.Sprintf("its file system is damaged: %v", err),
			Advice: "shut the machine down before its disk is compared, or repair the file system: e2fsck"}
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			return &UnreadableError{Path: w.disk.path, Reason: err.Error()}
		}
		name := path.Join(folder, e.Name())
		w.into[path.Join(w.mount, name)] = w.entry(name, info)
		if e.IsDir() {
			if err := w.walk(name, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walker) entry(name string, info fs.FileInfo) *Entry {
	sys := info.Sys().(*ext4.StatT)
	e := &Entry{
		Mode: info.Mode(), UID: sys.UID, GID: sys.GID, Link: sys.LinkTarget, Major: sys.Major, Minor: sys.Minor,
		disk: w.disk, in: w.fs, layout: w.layout, birth: w.birth, name: name, inode: sys.Ino, modified: info.ModTime(), changed: sys.ChangeTime,
	}
	if e.Mode.IsRegular() {
		e.Size = info.Size()
	}
	if !w.counted[sys.Ino] {
		w.counted[sys.Ino] = true
		e.held = int64(sys.Blocks) * sector
	}
	return e
}

// look completes what a list of names says of an entry: the library leaves permissions out there.
func (e *Entry) look() error {
	if e == nil {
		return nil
	}
	e.disk.bytes.allow()
	node, err := e.disk.inode(e.layout, e.inode)
	if err != nil {
		return err
	}
	e.Mode = e.Mode.Type() | node.permissions()
	e.Type = e.Mode.String()
	return nil
}
