package plugindir

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ingot-build/ingot/engine/events"
)

// ChecksumError says that a file is not the one that its checksum is of.
type ChecksumError struct{ URL, Got, Want string }

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s: its SHA-256 sum is %s, and the list of checksums has %s"+
		"\n  why:  the download was cut or changed on the way"+
		"\n  fix:  try again; if it stays so, the release is not what its maker published", e.URL, e.Got, e.Want)
}

// download gets the archive of a release and compares its checksum.
func (i *Installer) download(ctx context.Context, w *web, r *release, path string) error {
	var got string
	err := w.get(ctx, r.zipURL, func(body io.Reader, size int64) error {
		f, err := os.Create(path)
		if err != nil {
			return permanent{err}
		}
		defer f.Close()
		h := sha256.New()
		in := &counted{Reader: io.LimitReader(body, maxArchive+1), tell: i.Progress, what: r.zip, total: size}
		n, err := io.Copy(io.MultiWriter(f, h), in)
		switch {
		case err != nil:
			return err
		case n > maxArchive:
			return permanent{fmt.Errorf("%s: it has more than %d bytes", r.zipURL, maxArchive)}
		}
		got = hex.EncodeToString(h.Sum(nil))
		if err := f.Close(); err != nil {
			return permanent{err}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if got != r.sum {
		return &ChecksumError{URL: r.zipURL, Got: got, Want: r.sum}
	}
	return nil
}

// counted tells how much was read.
type counted struct {
	io.Reader
	tell        func(events.Progress)
	what        string
	done, total int64
	told        int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.done += int64(n)
	if c.tell != nil && (c.done-c.told >= 1<<20 || err == io.EOF) {
		c.told = c.done
		c.tell(events.Progress{What: c.what, Done: c.done, Total: max(c.total, 0), Unit: "bytes"})
	}
	return n, err
}

// extract takes the one file that is wanted out of an archive. Other files, wherever they want to be put, are not
// touched.
func extract(archive, url, name, path string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("%s: it is no zip archive: %w", url, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		if !f.Mode().IsRegular() {
			return fmt.Errorf("%s: %q in it is no regular file", url, name)
		}
		in, err := f.Open()
		if err != nil {
			return fmt.Errorf("%s: %w", url, err)
		}
		defer in.Close()
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
		if err != nil {
			return err
		}
		n, err := io.Copy(out, io.LimitReader(in, maxProgram+1))
		err = errors.Join(err, out.Close())
		if err == nil && n > maxProgram {
			err = fmt.Errorf("%q in it has more than %d bytes", name, maxProgram)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", url, err)
		}
		return nil
	}
	return fmt.Errorf("%s: there is no %q in it", url, name)
}
