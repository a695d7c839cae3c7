package cli

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

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/emit"
)

// fromDisk copies what was on the machine at a moment of its run, without starting it.
func (o *cpOptions) fromDisk(ctx context.Context, env *Env, svc *service.Service, at service.Point) (done sshto.Copied, err error) {
	d, err := svc.OpenPoint(ctx, at)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	from := o.from.path
	if !path.IsAbs(from) {
		home, err := homeOf(ctx, d.Disk, emit.BuildUser)
		if err != nil {
			return done, err
		}
		from = path.Join(home, strings.TrimPrefix(strings.TrimPrefix(from, "~"), "/"))
	}
	name, e, err := d.Find(ctx, from)
	if errors.Is(err, fs.ErrNotExist) {
		return done, &usageError{what: fmt.Sprintf("there is no %s on the machine at %s", from, at), fix: "see what there is: ingot shell " + at.String()}
	}
	if err != nil {
		return done, err
	}
	c := diskCopy{ctx: ctx, disk: d.Disk, done: &done}
	if o.to.path == "-" {
		if !e.Mode.IsRegular() {
			return done, &usageError{what: fmt.Sprintf("%s is no regular file", from), fix: "name a folder as the destination"}
		}
		return done, c.stream(e, env.Stdout)
	}
	folder, base := filepath.Split(filepath.Clean(o.to.path))
	if info, err := os.Stat(o.to.path); err == nil && info.IsDir() || strings.HasSuffix(o.to.path, "/") {
		folder, base = o.to.path, path.Base(from)
	}
	if folder == "" {
		folder = "."
	}
	if base == "/" { // all of the disk
		base = "."
	}
	if c.root, err = os.OpenRoot(folder); err != nil {
		return done, err
	}
	defer c.root.Close()
	return done, c.all(name, e, base)
}

// homeOf is the home folder of a user on a disk.
func homeOf(ctx context.Context, d *diskdiff.Disk, user string) (string, error) {
	_, e, err := d.Find(ctx, "/etc/passwd")
	if err != nil {
		return "", err
	}
	c, err := e.Content()
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(io.NewSectionReader(c, 0, c.Size()), 1<<20))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(line, ":"); len(f) == 7 && f[0] == user {
			return f[5], nil
		}
	}
	return "", &usageError{what: fmt.Sprintf("the machine has no user %q, at whose home folder a relative path begins", user), fix: "write the path from / on"}
}

// diskCopy copies files of a disk to below a folder. Whoever made the disk chose the names on it: nothing is written outside of there.
type diskCopy struct {
	ctx  context.Context
	disk *diskdiff.Disk
	root *os.Root
	done *sshto.Copied
}

// all copies a file, or a folder with all that is in it.
func (c *diskCopy) all(name string, e *diskdiff.Entry, to string) error {
	if !e.Mode.IsDir() {
		return c.one(name, e, to)
	}
	if err := c.folder(to); err != nil {
		return err
	}
	for below, e := range c.disk.Below(name) {
		if cause := context.Cause(c.ctx); cause != nil {
			return cause
		}
		if err := e.Look(); err != nil {
			return err
		}
		inside := filepath.Join(to, filepath.FromSlash(strings.TrimPrefix(below, name)))
		do := c.one
		if e.Mode.IsDir() {
			do = func(_ string, _ *diskdiff.Entry, to string) error { return c.folder(to) }
		}
		if err := do(below, e, inside); err != nil {
			return err
		}
	}
	return nil
}

// folder makes one, unless it is there.
func (c *diskCopy) folder(to string) error {
	if err := c.root.Mkdir(to, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// one copies a file, with its holes.
func (c *diskCopy) one(name string, e *diskdiff.Entry, to string) (err error) {
	if !e.Mode.IsRegular() {
		c.done.Skipped = append(c.done.Skipped, name)
		return nil
	}
	data, err := e.Content()
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	// As from a VM: not setuid, and not readable by nobody.
	out, err := c.root.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, e.Mode.Perm()|0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for at, length := range data.Data {
		if cause := context.Cause(c.ctx); cause != nil {
			return cause
		}
		if _, err := io.Copy(io.NewOffsetWriter(out, at), io.NewSectionReader(data, at, length)); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	c.done.Files++
	c.done.Bytes += data.Size()
	return out.Truncate(data.Size())
}

// stream writes a file, holes as zeros.
func (c *diskCopy) stream(e *diskdiff.Entry, to io.Writer) error {
	data, err := e.Content()
	if err != nil {
		return err
	}
	n, err := io.Copy(to, io.NewSectionReader(data, 0, data.Size()))
	c.done.Files, c.done.Bytes = 1, n
	return err
}

// counted passes bytes on, one way, and counts them.
type counted struct {
	in  io.Reader
	out io.Writer
	n   int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

// Write implements io.Writer.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	c.n += int64(n)
	return n, err
}
