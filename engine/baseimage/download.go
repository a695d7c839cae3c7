package baseimage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/engine/diskspace"
)

const (
	downloadAttempts = 5                // in a row without a single new byte
	firstPause       = time.Second      // before the second attempt; doubled for each further one
	stallTimeout     = 60 * time.Second // without a byte, after which a connection counts as dead
)

// HTTPError says that a server answered, and did not give the file.
type HTTPError struct {
	URL    string
	Status int
}

func (e *HTTPError) Error() string {
	return fmt.Sprintf("%s: the server answered %d %s", e.URL, e.Status, http.StatusText(e.Status))
}

// Fix depends on whether the file is gone or the server unwell.
func (e *HTTPError) Fix() string {
	if e.Status == http.StatusNotFound || e.Status == http.StatusGone {
		return "name the file's new place in your catalog.json, or get it elsewhere and ingot image add NAME FILE"
	}
	return "try again later, or name a mirror in your catalog.json"
}

// permanent marks an error that a further attempt would not change.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// StallError says that a server fell silent in the middle.
type StallError struct{ URL string }

func (e *StallError) Error() string {
	return fmt.Sprintf("%s: no byte came for %v", e.URL, stallTimeout)
}

// retry calls try until it succeeds, fails for good, or failed downloadAttempts times in a row without progress.
func retry(ctx context.Context, sleep func(context.Context, time.Duration) error, try func() (bool, error)) error {
	pause := firstPause
	for failures := 0; ; {
		progress, err := try()
		if err == nil {
			return nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		var final permanent
		if errors.As(err, &final) {
			return final.error
		}
		if failures++; progress {
			failures, pause = 1, firstPause
		}
		if failures >= downloadAttempts {
			return fmt.Errorf("gave up after %d attempts: %w", failures, err)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
}

// get opens a URL at an offset. stop must be called when the body is done with; a body that stalls fails with *StallError.
func get(ctx context.Context, client *http.Client, url string, offset int64) (resp *http.Response, stop func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(stallTimeout, func() { cancel(&StallError{URL: url}) })
	end := func() { timer.Stop(); cancel(nil) }
	fail := func(err error) (*http.Response, func(), error) {
		var stalled *StallError
		if errors.As(context.Cause(ctx), &stalled) {
			err = stalled
		}
		end()
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fail(permanent{err})
	}
	req.Header.Set("Accept-Encoding", "identity") // offsets count bytes of the file, and the digest is of the file
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err = client.Do(req)
	if err != nil {
		return fail(err)
	}
	switch {
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusPartialContent,
		resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && offset > 0:
	default:
		resp.Body.Close()
		err := error(&HTTPError{URL: url, Status: resp.StatusCode})
		if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests &&
			resp.StatusCode != http.StatusRequestTimeout {
			err = permanent{err}
		}
		return fail(err)
	}
	body := resp.Body
	resp.Body = &watched{body, func(err error) error {
		timer.Reset(stallTimeout)
		if cause := context.Cause(ctx); err != nil && !errors.Is(err, io.EOF) && cause != nil {
			return cause
		}
		return err
	}}
	return resp, func() { body.Close(); end() }, nil
}

// watched calls seen after each read; its result is the read's.
type watched struct {
	io.ReadCloser
	seen func(error) error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	return n, w.seen(err)
}

// download fetches one URL into one file, going on where the file ends.
type download struct {
	url, file string
	client    *http.Client
	sleep     func(context.Context, time.Duration) error
	report    *report
	modified  time.Time // set by run: when the server says the file was last changed; zero if it does not
}

func (d *download) run(ctx context.Context) error {
	return retry(ctx, d.sleep, func() (bool, error) {
		before := fileSize(d.file)
		err := d.attempt(ctx, before)
		return fileSize(d.file) > before, err
	})
}

func (d *download) attempt(ctx context.Context, offset int64) error {
	resp, stop, err := get(ctx, d.client, d.url, offset)
	if err != nil {
		return err
	}
	defer stop()
	d.modified, _ = http.ParseTime(resp.Header.Get("Last-Modified")) // a server may send none: zero
	f, err := os.OpenFile(d.file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return permanent{err}
	}
	defer f.Close()

	switch resp.StatusCode {
	case http.StatusOK: // the whole file, whatever was asked for
		offset = 0
	case http.StatusPartialContent:
		if want := fmt.Sprintf("bytes %d-", offset); !strings.HasPrefix(resp.Header.Get("Content-Range"), want) {
			return permanent{fmt.Errorf("%s: the server sent another part of the file (%q) than asked for (from byte %d)",
				d.url, resp.Header.Get("Content-Range"), offset)}
		}
	case http.StatusRequestedRangeNotSatisfiable:
		// Nothing follows: the file is complete, or longer than the server's and must be fetched anew.
		if resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", offset) {
			return nil
		}
		if err := f.Truncate(0); err != nil {
			return permanent{err}
		}
		return fmt.Errorf("%s: the part already here is longer than the file", d.url)
	}
	if err := f.Truncate(offset); err != nil {
		return permanent{err}
	}
	if resp.ContentLength >= 0 {
		d.report.total = offset + resp.ContentLength
		if err := enoughSpace(filepath.Dir(d.file), resp.ContentLength); err != nil {
			return permanent{err}
		}
	}
	d.report.set(offset)
	buf := make([]byte, copyChunk)
	for {
		n, err := resp.Body.Read(buf)
		if n > 0 {
			if _, err := f.WriteAt(buf[:n], offset); err != nil {
				return permanent{err}
			}
			offset += int64(n)
			d.report.set(offset)
		}
		if errors.Is(err, io.EOF) {
			return f.Close()
		}
		if err != nil {
			return fmt.Errorf("%s: cut off at byte %d: %w", d.url, offset, err)
		}
	}
}

// enoughSpace tells before the download what would otherwise come at its end.
func enoughSpace(dir string, need int64) error {
	room, err := diskspace.Of(dir)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", dir, err)
	}
	if room.Free < need {
		return fmt.Errorf("%w: %s has %s free, and the download needs %s", unix.ENOSPC, dir, humanize.IBytes(uint64(room.Free)),
			humanize.IBytes(uint64(need)))
	}
	return nil
}
