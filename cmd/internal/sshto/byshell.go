package sshto

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// byShell is files by commands that every Linux has, busybox among them.
type byShell struct {
	guest  *Guest
	asRoot bool
}

func (f *byShell) Close() error { return nil }

// absent is what the scripts end with where there is no such file.
const absent = 44

// run runs a script with arguments. Its standard error is the error, cut to what one can read.
func (f *byShell) run(ctx context.Context, stdin io.Reader, stdout io.Writer, script string, args ...string) error {
	line := "LC_ALL=C sh -c " + quote(script) + " sh"
	if f.asRoot {
		line = "sudo -n " + strings.Replace(line, "LC_ALL=C sh", "env LC_ALL=C sh", 1)
	}
	for _, a := range args {
		line += " " + quote(a)
	}
	said := &head{left: 2 << 10}
	exit, err := f.guest.Run(ctx, line, stdin, stdout, said)
	switch {
	case err != nil:
		return err
	case exit == absent:
		return fs.ErrNotExist
	case exit != 0:
		return fmt.Errorf("exit code %d: %s", exit, strings.TrimSpace(said.String()))
	}
	return nil
}

// quote makes one word of a POSIX shell of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// dashed keeps a name from being taken for an option.
func dashed(name string) string {
	if strings.HasPrefix(name, "-") || name == "" {
		return "./" + name
	}
	return name
}

func (f *byShell) stat(ctx context.Context, name string) (entry, error) {
	var out bytes.Buffer
	if err := f.run(ctx, nil, &out, `[ -e "$1" ] || exit 44; stat -L -c %f "$1"`, dashed(name)); err != nil {
		return entry{}, err
	}
	kind, mode, err := rawMode(strings.TrimSpace(out.String()))
	return entry{path.Base(name), kind, mode}, err
}

// list separates by NUL: names may have newlines.
func (f *byShell) list(ctx context.Context, folder string) ([]entry, error) {
	var out bytes.Buffer
	const script = `cd -- "$1" || exit 1
for f in * .*; do
  case "$f" in .|..) continue;; esac
  [ -e "$f" ] || [ -L "$f" ] || continue
  m=$(stat -c %f -- "$f") || exit 1
  printf '%s %s\0' "$m" "$f"
done`
	if err := f.run(ctx, nil, &out, script, dashed(folder)); err != nil {
		return nil, err
	}
	var list []entry
	for line := range strings.SplitSeq(out.String(), "\x00") {
		if line == "" {
			continue
		}
		raw, name, _ := strings.Cut(line, " ")
		kind, mode, err := rawMode(raw)
		if err != nil {
			return nil, err
		}
		list = append(list, entry{name, kind, mode})
	}
	return list, nil
}

// rawMode reads st_mode, in hexadecimal digits as stat gives it.
func rawMode(hex string) (kind, mode fs.FileMode, err error) {
	raw, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("the VM's stat gives a mode %q: that is no number", hex)
	}
	mode = fs.FileMode(raw & 0o777)
	switch raw & 0o170000 {
	case 0o100000:
		return 0, mode, nil
	case 0o040000:
		return fs.ModeDir, mode, nil
	case 0o120000:
		return fs.ModeSymlink, mode, nil
	default:
		return fs.ModeIrregular, mode, nil
	}
}

func (f *byShell) mkdir(ctx context.Context, name string) error {
	return f.run(ctx, nil, nil, `mkdir -p -- "$1"`, dashed(name))
}

func (f *byShell) read(ctx context.Context, name string, to io.Writer) (int64, error) {
	n := &counter{w: to}
	err := f.run(ctx, nil, n, `[ -e "$1" ] || exit 44; cat -- "$1"`, dashed(name))
	if err == nil {
		err = n.err
	}
	return n.n, err
}

// write tells how much came, and asks the guest whether that is what it has: a connection that is lost looks like the end of the file.
func (f *byShell) write(ctx context.Context, name string, mode fs.FileMode, from io.Reader) (int64, error) {
	n := &counter{w: io.Discard}
	var size bytes.Buffer
	const script = `cat > "$1" && chmod "$2" "$1" && stat -c %s "$1"`
	if err := f.run(ctx, io.TeeReader(from, n), &size, script, dashed(name), strconv.FormatUint(uint64(mode.Perm()), 8)); err != nil {
		return n.n, err
	}
	if got := strings.TrimSpace(size.String()); got != strconv.FormatInt(n.n, 10) {
		return n.n, fmt.Errorf("%d bytes were sent, and the file has %s", n.n, got)
	}
	return n.n, nil
}

// counter counts what is written, and keeps the first error.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// head keeps the beginning of what is written.
type head struct {
	bytes.Buffer
	left int
}

func (h *head) Write(p []byte) (int, error) {
	n := min(h.left, len(p))
	h.left -= n
	h.Buffer.Write(p[:n])
	return len(p), nil
}
