package resolve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ingot-build/ingot/translate/plan"
)

// Limits of one download. None bounds the whole of it: a large file over a slow line is no fault.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 30 * time.Second
	stallTimeout  = 60 * time.Second // without a byte of the body
	maxRedirects  = 10
)

var (
	errStalled   = fmt.Errorf("no byte came for %s", stallTimeout)
	errRedirects = fmt.Errorf("it redirects more than %d times", maxRedirects)
	errDowngrade = errors.New("it redirects from https to http, where anyone on the way could change the bytes")
)

// newClient returns base, or a client of our own, with our rules for redirects.
func newClient(base *http.Client) *http.Client {
	if base == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
		t.ResponseHeaderTimeout = headerTimeout
		base = &http.Client{Transport: t}
	}
	client := *base
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errRedirects
		}
		if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
			return errDowngrade
		}
		req.Header.Del("Referer") // it would hand the query of the first URL, perhaps a signature, to the next host
		return nil
	}
	return &client
}

// statusError is an answer other than 200 and 304.
type statusError struct {
	code   int
	status string
}

func (e *statusError) Error() string { return "the server answered " + e.status }

// fetchURL gets uri: from the store where the template says which bytes are meant, else by a download, which is tried again after
// failures that may pass.
func (f *fetcher) fetchURL(ctx context.Context, uri string, wants []*plan.Content) (fetched, error) {
	if sum, ok := pinned(wants); ok {
		if size, ok := f.Cache.check(sum); ok {
			return fetched{sha256: sum, size: size}, nil
		}
	}
	attempts := len(f.Delays) + 1
	for n := 1; ; n++ {
		got, err := f.download(ctx, uri)
		switch {
		case err == nil:
			return got, nil
		case context.Cause(ctx) != nil:
			return fetched{}, context.Cause(ctx)
		case isType[*storeError](err):
			return fetched{}, err
		case isType[*tooLargeError](err):
			return fetched{problem: f.tooLarge(shown(uri))}, nil
		case n == attempts || !mayPass(err):
			return fetched{problem: downloadProblem(uri, err, n)}, nil
		}
		f.progress(fmt.Sprintf("%s: %s; attempt %d of %d in %s", label(uri), transportReason(err), n+1, attempts, f.Delays[n-1]), 0, 0)
		if err := sleep(ctx, f.Delays[n-1]); err != nil {
			return fetched{}, err
		}
	}
}

// pinned gives the SHA-256 that the template wants, if it gives the same one wherever it names the URI.
func pinned(wants []*plan.Content) (sum string, ok bool) {
	sum = strings.ToLower(wants[0].SHA256)
	for _, c := range wants {
		if !strings.EqualFold(c.SHA256, sum) {
			return "", false
		}
	}
	return sum, sha256Hex.MatchString(sum)
}

// download asks for uri once.
func (f *fetcher) download(ctx context.Context, uri string) (fetched, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return fetched{}, err
	}
	req.Header.Set("User-Agent", "ingot")
	req.Header.Set("Accept-Encoding", "identity") // the SHA-256 is of the bytes as they are stored there
	known, ok := f.Cache.recall(uri)
	var knownSize int64
	if ok {
		knownSize, ok = f.Cache.check(known.SHA256)
	}
	if ok {
		setIf(req.Header, "If-None-Match", known.ETag)
		setIf(req.Header, "If-Modified-Since", known.LastModified)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return fetched{}, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && ok:
		f.progress(label(uri), knownSize, knownSize)
		return fetched{sha256: known.SHA256, size: knownSize}, nil
	case resp.StatusCode != http.StatusOK:
		return fetched{}, &statusError{resp.StatusCode, resp.Status}
	case resp.ContentLength > f.MaxSize:
		return fetched{}, &tooLargeError{f.MaxSize}
	}

	total := max(resp.ContentLength, 0)
	body := &watched{r: resp.Body, timer: time.AfterFunc(stallTimeout, func() { cancel(errStalled) })}
	defer body.timer.Stop()
	told := int64(0)
	sum, size, err := f.Cache.add(ctx, body, f.MaxSize, func(done int64) {
		if done == total || done-told >= 1<<20 { // a line for each MiB is plenty
			told = done
			f.progress(label(uri), done, total)
		}
	})
	if err != nil {
		if errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		}
		return fetched{}, err
	}
	err = f.Cache.remember(uri, validators{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"), sum})
	return fetched{sha256: sum, size: size}, err
}

func setIf(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}

// watched puts the timer off with every read that brings something.
type watched struct {
	r     io.Reader
	timer *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.timer.Reset(stallTimeout)
	}
	return n, err
}

// mayPass reports whether the same request may succeed a little later.
func mayPass(err error) bool {
	if s, ok := errors.AsType[*statusError](err); ok {
		return s.code >= 500 || s.code == http.StatusTooManyRequests || s.code == http.StatusRequestTimeout
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	return !errors.Is(err, errRedirects) && !errors.Is(err, errDowngrade) && !isType[*tls.CertificateVerificationError](err)
}

// transportReason is err without the URL, which net/http repeats with its query.
func transportReason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err.Error()
}

// downloadProblem words the failure of attempts downloads.
func downloadProblem(uri string, err error, attempts int) *problem {
	p := &problem{code: CodeUnreachable, summary: fmt.Sprintf("%s was not reached", shown(uri)), why: transportReason(err),
		fix: "check the URL and this machine's network (curl -I URL); a proxy is taken from HTTPS_PROXY"}
	if attempts > 1 {
		p.why += fmt.Sprintf(" (%d attempts)", attempts)
	}
	s, ok := errors.AsType[*statusError](err)
	if !ok {
		return p
	}
	p.code, p.summary = CodeStatus, fmt.Sprintf("%s: %v", shown(uri), err)
	p.why, p.fix = "", "check the URL"
	if attempts > 1 {
		p.why = fmt.Sprintf("%d attempts", attempts)
	}
	// Storage accounts answer 404 and 409 as well to those who may not know whether the blob is there.
	isBlob := strings.Contains(before(uri, "?"), ".blob.core.")
	if isBlob && s.code >= 400 && s.code < 500 {
		p.why = "Azure takes the image template's identity to read a storage account; this machine has no such identity"
		p.fix = "give the URL a shared access signature that has not expired, or copy the file beside the image template"
	} else if s.code == http.StatusUnauthorized || s.code == http.StatusForbidden {
		p.why = "only what everybody may read can be fetched"
		p.fix = "make it public, or copy the file beside the image template and name it by its path"
	}
	return p
}

func before(s, sep string) string {
	s, _, _ = strings.Cut(s, sep)
	return s
}
