package sshto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Copied is what a copy came to.
type Copied struct {
	Files   int
	Bytes   int64
	Skipped []string // neither files nor folders, by their path where they come from: links inside of a folder, devices, sockets
}

// CopyOptions say how files are copied.
type CopyOptions struct {
	AsRoot bool // by sudo in the guest, for what its user may not read or write
}

// entry is a file in the guest.
type entry struct {
	name string // base name
	kind fs.FileMode
	mode fs.FileMode // permissions
}

// files is what a copy needs of a guest. Paths are the guest's; a relative one begins at the home folder of its user. A path that does not
// exist is an error that wraps fs.ErrNotExist.
type files interface {
	stat(ctx context.Context, name string) (entry, error) // follows links
	list(ctx context.Context, folder string) ([]entry, error)
	read(ctx context.Context, name string, to io.Writer) (int64, error)
	write(ctx context.Context, name string, mode fs.FileMode, from io.Reader) (int64, error)
	mkdir(ctx context.Context, name string) error // and its parents
	Close() error
}

// files opens SFTP, or where the guest's sshd has none, or root is wanted, goes by commands.
func (g *Guest) files(o CopyOptions) files {
	if !o.AsRoot {
		if f := g.sftp(); f != nil {
			return f
		}
	}
	return &byShell{g, o.AsRoot}
}

// inHome makes a path below "~", which is a word of shells alone, one that begins at the home folder.
func inHome(name string) string {
	if name == "~" {
		return "."
	}
	return strings.TrimPrefix(name, "~/")
}

// Put copies a file of this machine, or a folder with all that is in it, into the guest: to the path "to", or below it where that is a
// folder or ends in a slash. Permissions come along, owners do not.
func (g *Guest) Put(ctx context.Context, from, to string, o CopyOptions) (Copied, error) {
	var c Copied
	info, err := os.Stat(from)
	if err != nil {
		return c, err
	}
	f := g.files(o)
	defer f.Close()
	to = inHome(to)
	inside := strings.HasSuffix(to, "/") || to == "" || to == "."
	if !inside {
		there, err := f.stat(ctx, to)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return c, err
		}
		inside = err == nil && there.kind.IsDir()
	}
	if inside {
		to = path.Join(to, filepath.Base(absolute(from)))
	}
	return c, c.put(ctx, f, info, from, to)
}

func (c *Copied) put(ctx context.Context, f files, info fs.FileInfo, from, to string) error {
	switch {
	case info.IsDir():
		if err := f.mkdir(ctx, to); err != nil {
			return fmt.Errorf("make folder %s in the VM: %w", to, err)
		}
		list, err := os.ReadDir(from)
		if err != nil {
			return err
		}
		for _, e := range list {
			info, err := e.Info()
			if err != nil {
				return err
			}
			if err := c.put(ctx, f, info, filepath.Join(from, e.Name()), path.Join(to, e.Name())); err != nil {
				return err
			}
		}
		return nil
	case !info.Mode().IsRegular():
		c.Skipped = append(c.Skipped, from)
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	n, err := f.write(ctx, to, info.Mode().Perm(), in)
	c.Bytes += n
	if err != nil {
		return fmt.Errorf("write %s in the VM: %w", to, err)
	}
	c.Files++
	return nil
}

// Get copies a file of the guest, or a folder with all that is in it, to the path "to" on this machine, or below it where that is a folder
// or ends in a slash. The guest chooses names, and may be hostile: nothing is written outside of there, not even through links.
func (g *Guest) Get(ctx context.Context, from, to string, o CopyOptions) (Copied, error) {
	var c Copied
	f := g.files(o)
	defer f.Close()
	from = inHome(from)
	e, err := f.stat(ctx, from)
	if err != nil {
		return c, fmt.Errorf("read %s in the VM: %w", from, err)
	}
	folder, name := filepath.Split(filepath.Clean(to))
	if info, err := os.Stat(to); err == nil && info.IsDir() || strings.HasSuffix(to, "/") {
		folder, name = to, path.Base(from)
	}
	if folder == "" {
		folder = "."
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return c, err
	}
	defer root.Close()
	return c, c.get(ctx, f, root, e, from, name)
}

func (c *Copied) get(ctx context.Context, f files, root *os.Root, e entry, from, to string) (err error) {
	switch {
	case e.kind.IsDir():
		if err := root.Mkdir(to, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		list, err := f.list(ctx, from)
		if err != nil {
			return fmt.Errorf("list %s in the VM: %w", from, err)
		}
		for _, e := range list {
			if e.name != path.Base(e.name) || e.name == "." || e.name == ".." {
				return fmt.Errorf("the VM lists a file %q in %s: that is no name", e.name, from)
			}
			if err := c.get(ctx, f, root, e, path.Join(from, e.name), filepath.Join(to, e.name)); err != nil {
				return err
			}
		}
		return nil
	case !e.kind.IsRegular():
		c.Skipped = append(c.Skipped, from)
		return nil
	}
	// Not setuid, and not readable by nobody: the copy is its owner's here.
	out, err := root.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, e.mode.Perm()|0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err := f.read(ctx, from, out)
	c.Bytes += n
	if err != nil {
		return fmt.Errorf("read %s in the VM: %w", from, err)
	}
	c.Files++
	return nil
}

func absolute(name string) string {
	full, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	return full
}
