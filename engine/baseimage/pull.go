package baseimage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path"
	"syscall"

	"github.com/ingot-build/ingot/engine/baseimage/catalog"
	"github.com/ingot-build/ingot/engine/events"
)

// checksumLimit is how many bytes of a publisher's list are read.
const checksumLimit = 4 << 20

// ChecksumError says that a download is not what its publisher lists. The download was removed.
type ChecksumError struct {
	URL, List string // List: where the wanted digest is from
	Want, Got catalog.Checksum
}

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s is not what %s lists: %s %s, want %s", e.URL, e.List, e.Got.Algorithm, e.Got.Hex, e.Want.Hex)
}

// Why says how that can come about.
func (e *ChecksumError) Why() string {
	return "the publisher was just replacing it, or somebody changed it on the way"
}

// Fix is careful.
func (e *ChecksumError) Fix() string { return "pull again; if it stays so, do not use it" }

// Pull downloads an image of the catalog, checks it against its publisher's checksum and puts it in place of one of that
// name. If that very file is here already, it is returned as it is. A download cut off by ctx or by the network stays, seen
// by Leftovers, and the next Pull goes on with it. Errors: *UnknownError, *HTTPError, *ChecksumError, *RefusedError.
func (s *Store) Pull(ctx context.Context, name string, progress func(events.Progress)) (im Image, err error) {
	entry, err := s.pullable(name)
	if err != nil {
		return Image{}, err
	}
	from := entry.Download
	want, err := s.published(ctx, from)
	if err != nil {
		return Image{}, err
	}
	published := want.Algorithm + ":" + want.Hex
	current := func() (Image, bool) {
		im, err := s.Get(name)
		return im, err == nil && im.Published == published
	}
	if im, ok := current(); ok {
		return im, nil
	}
	// Named after the digest: what lies in it is part of that very file, or the check at the end will tell.
	t, err := s.sharedTemp(ctx, fmt.Sprintf("pull-%s-%.16s", name, want.Hex), func() {
		if progress != nil {
			progress(events.Progress{What: "wait for another ingot that downloads " + name})
		}
	})
	if err != nil {
		return Image{}, err
	}
	keep := false
	defer func() {
		if keep {
			t.release()
			return
		}
		err = errors.Join(err, s.drop(ctx, t))
	}()
	if im, ok := current(); ok { // the other one was quicker
		return im, nil
	}

	file := t.path("disk")
	d := download{url: from.URL, file: file, client: s.http, sleep: s.sleep,
		report: &report{to: progress, what: "download " + path.Base(from.URL)}}
	if err := d.run(ctx); err != nil {
		// Half a file is worth keeping, unless it is what fills the disk or there is no such file.
		var refused *HTTPError
		keep = !errors.As(err, &refused) && !errors.Is(err, syscall.ENOSPC)
		return Image{}, err
	}
	digest, size, err := s.checkDownload(ctx, file, from, want, progress)
	if err != nil {
		var wrong *ChecksumError
		keep = !errors.As(err, &wrong)
		return Image{}, err
	}
	format, virtual, err := s.inspect(ctx, file, from.URL)
	if err != nil {
		return Image{}, err
	}
	when := d.modified
	if when.IsZero() {
		when = s.now()
	}
	return s.publish(ctx, file, Image{
		Name: name, SHA256: digest, Format: format, VirtualSize: virtual, FileSize: size, Version: dateVersion(when),
		Origin: from.URL, Published: published, URNs: s.keptURNs(name), Added: s.now().UTC(), OS: entry.OS,
	}, true)
}

func (s *Store) pullable(name string) (catalog.Image, error) {
	c, err := s.catalog()
	if err != nil {
		return catalog.Image{}, err
	}
	entry, ok := c.Get(name)
	if !ok || entry.Download == nil {
		unknown := &UnknownError{Verb: "pull", Name: name}
		for _, im := range c.Images() {
			if im.Download != nil {
				unknown.Known = append(unknown.Known, im.Name)
			}
		}
		return catalog.Image{}, unknown
	}
	return entry, nil
}

// published gives the digest that the publisher, or the catalog itself, states.
func (s *Store) published(ctx context.Context, from *catalog.Download) (catalog.Checksum, error) {
	if from.SHA256 != "" {
		return catalog.Checksum{Algorithm: "sha256", Hex: from.SHA256}, nil
	}
	var list bytes.Buffer
	if err := s.fetchSmall(ctx, from.Checksums, &list); err != nil {
		return catalog.Checksum{}, err
	}
	u, err := url.Parse(from.URL)
	if err != nil {
		return catalog.Checksum{}, err
	}
	want, err := catalog.ParseChecksums(list.String(), path.Base(u.Path))
	if err != nil {
		return catalog.Checksum{}, fmt.Errorf("%s %w", from.Checksums, err)
	}
	return want, nil
}

// fetchSmall reads a short text, with the patience of a download.
func (s *Store) fetchSmall(ctx context.Context, from string, to *bytes.Buffer) error {
	return retry(ctx, s.sleep, func() (progress bool, err error) {
		to.Reset()
		resp, stop, err := get(ctx, s.http, from, 0)
		if err != nil {
			return false, err
		}
		defer stop()
		n, err := to.ReadFrom(io.LimitReader(resp.Body, checksumLimit+1))
		if n > checksumLimit {
			return false, permanent{fmt.Errorf("%s is over %d bytes long, which no list of checksums is", from, checksumLimit)}
		}
		return false, err
	})
}

// checkDownload reads the file once for two digests: the publisher's and the store's.
func (s *Store) checkDownload(ctx context.Context, file string, from *catalog.Download, want catalog.Checksum,
	progress func(events.Progress)) (digest string, size int64, err error) {
	own := sha256.New()
	theirs, all := own, io.Writer(own)
	if want.Algorithm == "sha512" {
		theirs = sha512.New()
		all = io.MultiWriter(own, theirs)
	}
	size, err = hashFile(ctx, file, &report{to: progress, what: "check " + path.Base(from.URL)}, all)
	if err != nil {
		return "", 0, err
	}
	if got := hexSum(theirs); got != want.Hex {
		list := from.Checksums
		if list == "" {
			list = "the catalog"
		}
		return "", 0, &ChecksumError{URL: from.URL, List: list, Want: want,
			Got: catalog.Checksum{Algorithm: want.Algorithm, Hex: got}}
	}
	return hexSum(own), size, nil
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// fileSize is 0 for a file that is not there.
func fileSize(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size()
}
