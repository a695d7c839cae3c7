package plugindir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

const (
	stallTimeout = 60 * time.Second // without a byte, after which a server counts as dead
	maxRedirects = 10
	maxText      = 16 << 20 // of an index or a list of checksums
	attempts     = 3
)

// pause is how long to wait before the second attempt; tests shorten it.
var pause = time.Second

// apiHost is the one host that the token for GitHub's API is sent to.
const apiHost = "api.github.com"

// web gets files from the servers that plugins are released on, or from a mirror of them.
type web struct {
	client *http.Client
	mirror string // base URL of a mirror whose folders are named after the hosts; "": the hosts themselves
	token  events.Secret
}

// url gives the address of a path on a host: https://host/path, or mirror/host/path.
func (w *web) url(host, path string) string {
	if w.mirror == "" {
		return "https://" + host + "/" + path
	}
	return strings.TrimSuffix(w.mirror, "/") + "/" + host + "/" + path
}

// HTTPError says that a server answered, and did not give the file.
type HTTPError struct {
	URL    string
	Status int
}

func (e *HTTPError) Error() string {
	return fmt.Sprintf("%s: the server answered %d %s", e.URL, e.Status, http.StatusText(e.Status))
}

// absent reports whether a server said that it has no such file.
func absent(err error) bool {
	var answer *HTTPError
	return errors.As(err, &answer) && (answer.Status == http.StatusNotFound || answer.Status == http.StatusGone)
}

// RateLimitError says that a server gives no more answers for a while.
type RateLimitError struct {
	URL   string
	Until time.Time // zero: it did not say
}

func (e *RateLimitError) Error() string {
	text := e.URL + ": the server takes no more requests from this address"
	if !e.Until.IsZero() {
		text += " until " + e.Until.Local().Format("15:04:05")
	}
	return text + "\n  fix:  wait, or set PACKER_GITHUB_API_TOKEN to a token of GitHub, or use --mirror"
}

var (
	errStalled   = fmt.Errorf("no byte came for %s", stallTimeout)
	errRedirects = fmt.Errorf("it redirects more than %d times", maxRedirects)
	errDowngrade = errors.New("it redirects from https to http, where anyone on the way could change the bytes")
)

// redirects holds the rules for redirects.
func redirects(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errDowngrade
	}
	return nil
}

// text gets a file of text, at most maxText bytes of it.
func (w *web) text(ctx context.Context, address string) ([]byte, error) {
	var data []byte
	err := w.get(ctx, address, func(body io.Reader, _ int64) (err error) {
		data, err = io.ReadAll(io.LimitReader(body, maxText+1))
		if err == nil && len(data) > maxText {
			err = permanent{fmt.Errorf("%s: it has more than %d bytes", address, maxText)}
		}
		return err
	})
	return data, err
}

// permanent is an error that another attempt would not change.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// get opens an address and hands its body to read, with its size or -1. Failures of the network, and of a server that
// is unwell, are tried again; read must cope with that.
func (w *web) get(ctx context.Context, address string, read func(body io.Reader, size int64) error) error {
	wait := pause
	for n := 1; ; n++ {
		err := w.once(ctx, address, read)
		var final permanent
		switch {
		case err == nil:
			return nil
		case context.Cause(ctx) != nil:
			return context.Cause(ctx)
		case errors.As(err, &final):
			return final.error
		case n == attempts:
			return fmt.Errorf("gave up after %d attempts: %w", n, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		wait *= 2
	}
}

func (w *web) once(ctx context.Context, address string, read func(io.Reader, int64) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(stallTimeout, func() { cancel(errStalled) })
	defer stalled.Stop()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return permanent{err}
	}
	req.Header.Set("User-Agent", "ingot")
	if req.URL.Host == apiHost && req.URL.Scheme == "https" && w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token.Reveal())
	}
	client := *w.client
	client.CheckRedirect = redirects
	resp, err := client.Do(req)
	if err != nil {
		return transportError(ctx, address, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(address, resp)
	}
	body := readerFunc(func(p []byte) (int, error) {
		n, err := resp.Body.Read(p)
		stalled.Reset(stallTimeout)
		return n, err
	})
	err = read(body, resp.ContentLength)
	var final permanent
	if err != nil && !errors.As(err, &final) {
		return transportError(ctx, address, err)
	}
	return err
}

// transportError says what became of a request. Faults of redirects are not tried again.
func transportError(ctx context.Context, address string, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // it repeats the address
	}
	if cause := context.Cause(ctx); cause == errStalled {
		err = cause
	}
	named := fmt.Errorf("%s: %w", address, err)
	if errors.Is(err, errRedirects) || errors.Is(err, errDowngrade) {
		return permanent{named}
	}
	return named
}

// refusal makes an error of an answer that is not 200.
func refusal(address string, resp *http.Response) error {
	limited := resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode == http.StatusForbidden && resp.Header.Get("X-RateLimit-Remaining") == "0"
	if limited {
		e := &RateLimitError{URL: address}
		if s, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			e.Until = time.Unix(s, 0)
		} else if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			e.Until = time.Now().Add(time.Duration(s) * time.Second)
		}
		return permanent{e}
	}
	err := error(&HTTPError{URL: address, Status: resp.StatusCode})
	if resp.StatusCode < 500 && resp.StatusCode != http.StatusRequestTimeout {
		err = permanent{err}
	}
	return err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
