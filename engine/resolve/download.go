package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ingot-build/ingot/translate/plan"
)

// download is one URL on its way into the store, over all attempts at it.
type download struct {
	*fetcher
	uri    string
	url    *url.URL
	client *http.Client
	part   *part
	tag    string // a strong validator of the bytes in part: an entity tag, or a date; "" if they cannot be gone on with
	total  int64  // bytes of the whole; 0: not known

	token, who string // of the identity; "" while nobody in particular asks
}

// enough is how far an attempt must get on for the count of attempts to start afresh.
const enough = 1 << 20

// fetchURL gets uri: from the store where the template says which bytes are meant, else by a download, which is tried again after
// failures that may pass, and goes on where it broke.
func (f *fetcher) fetchURL(ctx context.Context, uri string, wants []*plan.Content) (fetched, error) {
	if sum, ok := pinned(wants); ok {
		if size, ok := f.Cache.check(sum); ok {
			return fetched{sha256: sum, size: size, from: FromCache}, nil
		}
	}
	if f.Offline {
		return f.offline(uri), nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return fetched{}, err // localName has parsed it before
	}
	part, err := f.Cache.part(f.MaxSize)
	if err != nil {
		return fetched{}, err
	}
	defer part.close()
	d := &download{fetcher: f, uri: uri, url: u, client: newClient(f.Client, newGuard(f.AllowPrivate, u), f.rename), part: part}
	defer d.client.CloseIdleConnections()
	return d.run(ctx)
}

// run tries until it has the bytes or knows that it will not get them.
func (d *download) run(ctx context.Context) (fetched, error) {
	attempts := len(d.Delays) + 1
	for n := 1; ; n++ {
		before := d.part.size
		got, err := d.try(ctx)
		switch {
		case err == nil:
			return got, nil
		case context.Cause(ctx) != nil:
			return fetched{}, context.Cause(ctx)
		case isType[*storeError](err):
			return fetched{}, err
		case isType[*tooLargeError](err):
			return fetched{problem: d.tooLarge(shown(d.uri))}, nil
		}
		if d.tag != "" && d.part.size-before >= enough {
			n = 1 // a line that breaks now and then gets there in the end
		}
		if n == attempts || !mayPass(err) {
			return fetched{problem: d.problem(err, n)}, nil
		}
		wait := d.delay(n, err)
		d.progress(fmt.Sprintf("%s: %s; attempt %d of %d in %s", label(d.uri), transportReason(err), n+1, attempts, wait), 0, 0)
		if err := d.wait(ctx, wait); err != nil {
			return fetched{}, err
		}
	}
}

// try asks once; twice where a storage account wants to know who asks.
func (d *download) try(ctx context.Context) (fetched, error) {
	got, err := d.ask(ctx)
	if s, ok := errors.AsType[*statusError](err); ok && d.wantsIdentity(s) {
		if ierr := d.identify(ctx, s); ierr != nil {
			return fetched{}, ierr
		}
		return d.ask(ctx)
	}
	return got, err
}

// wantsIdentity reports whether a refusal may be mended by saying who asks. Storage accounts answer 404 and 409 as well to those who
// may not know whether a blob is there. A token goes to storage accounts only, over https only, and never beside a signature.
func (d *download) wantsIdentity(s *statusError) bool {
	if d.Identity == nil || !isStorage(d.url) || d.url.Scheme != "https" || isSigned(d.url) || d.url.User != nil {
		return false
	}
	switch s.code {
	case http.StatusUnauthorized:
		return true // also after a token that has ended meanwhile
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict:
		if d.token != "" {
			return s.storage == "AuthenticationFailed"
		}
		return s.storage != "BlobNotFound" // who is told so may look
	default:
		return false
	}
}

// identityError is a refusal to which no identity could be added.
type identityError struct {
	refused *statusError
	err     error
}

func (e *identityError) Error() string { return e.refused.Error() + "; " + e.err.Error() }
func (e *identityError) Unwrap() error { return e.err }

// identify gets a token.
func (d *download) identify(ctx context.Context, refused *statusError) error {
	token, who, err := d.Identity.StorageToken(ctx, d.userAssigned)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return &identityError{refused, err}
	}
	if token == d.token {
		return refused // it was refused before
	}
	d.token, d.who = token, who
	d.sayOnce(fmt.Sprintf("%s is read as %s", d.url.Hostname(), who))
	return nil
}

// ask sends one request and takes what comes.
func (d *download) ask(ctx context.Context) (fetched, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.uri, nil)
	if err != nil {
		return fetched{}, err
	}
	known, knownSize, isKnown := d.prepare(req)
	// Redirects and refusals have bodies too, which can be as slow as any.
	patience := time.AfterFunc(2*d.stall, func() { cancel(errStalled) })
	defer patience.Stop()
	resp, err := d.client.Do(req)
	if err != nil {
		return fetched{}, stalledOr(ctx, err)
	}
	defer resp.Body.Close()
	from := int64(0)
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusPartialContent:
		if from = d.part.size; !d.goesOn(resp) {
			return fetched{}, d.afresh(errChanged)
		}
	case http.StatusNotModified:
		if !isKnown {
			return fetched{}, newStatusError(resp, d.now())
		}
		d.progress(label(d.uri), knownSize, knownSize)
		known.Fetched = d.now().UTC()
		return fetched{sha256: known.SHA256, size: knownSize, from: FromCache, who: d.who}, d.Cache.remember(d.uri, known)
	case http.StatusRequestedRangeNotSatisfiable, http.StatusPreconditionFailed:
		if d.part.size > 0 {
			return fetched{}, d.afresh(errChanged)
		}
		return fetched{}, newStatusError(resp, d.now())
	default:
		return fetched{}, newStatusError(resp, d.now())
	}
	if from == 0 {
		if err := d.part.reset(); err != nil {
			return fetched{}, err
		}
		d.tag, d.total = validator(resp), max(resp.ContentLength, 0)
	}
	if d.total > d.MaxSize {
		return fetched{}, &tooLargeError{d.MaxSize}
	}
	patience.Stop()
	return d.take(ctx, cancel, resp)
}

// stalledOr gives errStalled for the error that came of it.
func stalledOr(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// prepare sets the headers of a request: who asks, from where on, or what is known already.
func (d *download) prepare(req *http.Request) (known answer, size int64, ok bool) {
	req.Header.Set("User-Agent", "ingot")
	req.Header.Set("Accept-Encoding", "identity")
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
		req.Header.Set("X-Ms-Version", storageVersion)
	}
	if d.part.size > 0 && d.tag != "" {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.part.size))
		req.Header.Set("If-Range", d.tag)
		return answer{}, 0, false
	}
	if known, ok = d.Cache.recall(d.uri); ok && known.ETag+known.LastModified != "" {
		size, ok = d.Cache.check(known.SHA256)
	}
	if ok {
		setIf(req.Header, "If-None-Match", known.ETag)
		setIf(req.Header, "If-Modified-Since", known.LastModified)
	}
	return known, size, ok
}

func setIf(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}

// errChanged is an answer that does not go on with what came before.
var errChanged = errors.New("the file changed while it was sent")

// goesOn reports whether an answer has the bytes after those in part, of the same file. A storage account does not look at If-Range, so
// its tag is compared here.
func (d *download) goesOn(resp *http.Response) bool {
	first, rest, ok := strings.Cut(strings.TrimPrefix(resp.Header.Get("Content-Range"), "bytes "), "-")
	_, total, isTotal := strings.Cut(rest, "/")
	from, err := strconv.ParseInt(first, 10, 64)
	if !ok || !isTotal || err != nil || from != d.part.size || d.part.size == 0 {
		return false
	}
	if tag := validator(resp); tag != d.tag {
		return false
	}
	size, err := strconv.ParseInt(total, 10, 64)
	return total == "*" || err == nil && (d.total == 0 || d.total == size)
}

// afresh forgets what came, and gives err for the reason.
func (d *download) afresh(err error) error {
	d.tag = ""
	return cmp.Or(d.part.reset(), err)
}

// validator is what the same bytes are recognised by: an entity tag that is not weak, or a date that is a second or more older than the
// answer. "" where there is none.
//
// Reference: RFC 9110, sections 8.8.2.2 and 13.1.5.
func validator(resp *http.Response) string {
	if tag := resp.Header.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	text := resp.Header.Get("Last-Modified")
	modified, err := http.ParseTime(text)
	if err != nil {
		return ""
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err != nil || date.Sub(modified) < time.Second {
		return ""
	}
	return text
}

// take reads the body into part, and part into the store.
func (d *download) take(ctx context.Context, cancel context.CancelCauseFunc, resp *http.Response) (fetched, error) {
	body := &counted{r: resp.Body}
	stop := watch(ctx, body, d.stall, func() { cancel(errStalled) })
	defer stop()
	told := int64(-1)
	buf := make([]byte, 128<<10)
	for {
		n, rerr := body.Read(buf)
		if _, err := d.part.Write(buf[:n]); err != nil {
			return fetched{}, err
		}
		if size := d.part.size; size == d.total && size != told || size-told >= 1<<20 { // a line for each MiB is plenty
			told = size
			d.progress(label(d.uri), size, d.total)
		}
		if errors.Is(rerr, io.EOF) {
			break
		}
		if rerr != nil {
			return fetched{}, d.cut(stalledOr(ctx, rerr))
		}
	}
	if d.total > 0 && d.part.size != d.total {
		return fetched{}, d.cut(io.ErrUnexpectedEOF)
	}
	sum, err := d.part.finish()
	if err != nil {
		return fetched{}, err
	}
	got := fetched{sha256: sum, size: d.part.size, from: FromNetwork, who: d.who, encoding: resp.Header.Get("Content-Encoding")}
	return got, d.Cache.remember(d.uri, answer{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"), sum, d.now().UTC()})
}

// cutError is a body that ended too early.
type cutError struct {
	err         error
	have, total int64
}

func (e *cutError) Unwrap() error { return e.err }
func (e *cutError) Error() string {
	if e.total == 0 {
		return fmt.Sprintf("%v after %d bytes", e.err, e.have)
	}
	return fmt.Sprintf("%v after %d of %d bytes", e.err, e.have, e.total)
}

func (d *download) cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCut
	}
	return &cutError{err, d.part.size, d.total}
}

var errCut = errors.New("the connection was cut")

// counted counts what is read.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// watch calls stalled when fewer than stallBytes came in one span, and ends with ctx or stop. A server that sends a byte now and then
// would otherwise hold a run for days.
func watch(ctx context.Context, c *counted, span time.Duration, stalled func()) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	go func() {
		ticker := time.NewTicker(span)
		defer ticker.Stop()
		for last := int64(0); ; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			n := c.n.Load()
			if n-last < stallBytes {
				stalled()
				return
			}
			last = n
		}
	}()
	return stop
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

// offline takes what an earlier run has fetched.
func (f *fetcher) offline(uri string) fetched {
	known, ok := f.Cache.recall(uri)
	size := int64(0)
	if ok {
		size, ok = f.Cache.check(known.SHA256)
	}
	if !ok {
		return fetched{problem: &problem{code: CodeOffline, summary: fmt.Sprintf("%s was not fetched before", shown(uri)),
			why: "with --offline no server is asked", fix: "run once without --offline, or put a folder in its place: --override URL=FOLDER"}}
	}
	f.sayOnce(fmt.Sprintf("%s: as it was on %s; no server was asked", shown(uri), known.Fetched.Format(time.DateTime+" UTC")))
	return fetched{sha256: known.SHA256, size: size, from: FromCache}
}
