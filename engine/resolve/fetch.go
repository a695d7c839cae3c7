package resolve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// Redact returns a URI without what may be secret in it: a password, and the values of the query, where shared access
// signatures stand.
func Redact(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		head, _, _ := strings.Cut(uri, "?")
		return head
	}
	if u.RawQuery != "" {
		u.RawQuery = "***"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	return u.String()
}

// fetch puts the bytes that c names into the cache.
func (o Options) fetch(ctx context.Context, c *plan.Content) (entry, *diag.Diagnostic, error) {
	u, err := url.Parse(c.URI)
	if err != nil {
		return entry{}, finding(c, CodeBadURI, fmt.Sprintf("%q is not a URI", Redact(c.URI)), reason(err),
			"write an https URL, or a path relative to the template's folder"), nil
	}
	switch u.Scheme {
	case "http", "https":
		return o.fetchHTTP(ctx, c, u)
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return entry{}, finding(c, CodeBadURI, fmt.Sprintf("%q names another machine", c.URI),
				"a file URL reads this machine's files only", "write file:///path, with three slashes"), nil
		}
		return o.fetchFile(ctx, c, u.Path)
	case "":
		path := c.URI
		if !filepath.IsAbs(path) {
			path = filepath.Join(o.TemplateDir, path)
		}
		return o.fetchFile(ctx, c, path)
	default:
		return entry{}, finding(c, CodeBadURI, fmt.Sprintf("scheme %q is not one that Ingot fetches from", u.Scheme),
			"known: http, https, file, or a path relative to the template's folder", "put the file behind one of these"), nil
	}
}

func (o Options) fetchFile(ctx context.Context, c *plan.Content, path string) (entry, *diag.Diagnostic, error) {
	f, err := os.Open(path)
	if err != nil {
		return entry{}, finding(c, CodeNoFile, fmt.Sprintf("file %q cannot be read", path), reason(err), nearFile(path)), nil
	}
	defer f.Close()
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		return entry{}, finding(c, CodeNoFile, fmt.Sprintf("%q is not a file", path), "it is a "+kind(st.Mode()),
			"name one file; several travel as an archive"), nil
	}
	size := int64(0)
	if err == nil {
		size = st.Size()
	}
	return o.store(ctx, c, f, size)
}

// nearFile names the file of the same folder that was probably meant.
func nearFile(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fmt.Sprintf("make sure that the folder %q exists", filepath.Dir(path))
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if near := diag.Near(filepath.Base(path), names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "relative paths are relative to the image template's folder"
}

func kind(m os.FileMode) string {
	if m.IsDir() {
		return "folder"
	}
	return "special file"
}

func (o Options) fetchHTTP(ctx context.Context, c *plan.Content, u *url.URL) (entry, *diag.Diagnostic, error) {
	for attempt := 0; ; attempt++ {
		got, d, again, err := o.tryHTTP(ctx, c, u)
		if cause := context.Cause(ctx); cause != nil {
			return entry{}, nil, cause
		}
		if !again || attempt == len(o.Delays) {
			return got, d, err
		}
		o.Progress(events.Progress{What: fmt.Sprintf("fetch %s: %s; attempt %d of %d", c.FileName, d.Summary, attempt+2, len(o.Delays)+1)})
		select {
		case <-ctx.Done():
			return entry{}, nil, context.Cause(ctx)
		case <-time.After(o.Delays[attempt]):
		}
	}
}

// tryHTTP asks once. again says that the finding may be gone at the next attempt.
func (o Options) tryHTTP(ctx context.Context, c *plan.Content, u *url.URL) (_ entry, _ *diag.Diagnostic, again bool, _ error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return entry{}, finding(c, CodeBadURI, fmt.Sprintf("%q is not a URL", Redact(c.URI)), reason(err), "write an https URL"), false, nil
	}
	unreachable := func(err error) *diag.Diagnostic {
		return finding(c, CodeUnreachable, fmt.Sprintf("%q cannot be fetched from %s", Redact(c.URI), u.Host), reason(err),
			"check the address and the network; with sha256Checksum, a copy fetched before serves offline")
	}
	resp, err := o.Client.Do(req)
	if err != nil {
		return entry{}, unreachable(err), true, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		d := finding(c, CodeStatus, fmt.Sprintf("%s answered %s for %q", u.Host, resp.Status, Redact(c.URI)), "", statusFix(resp.StatusCode))
		return entry{}, d, resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests, nil
	}
	got, d, err := o.store(ctx, c, resp.Body, resp.ContentLength)
	var cut *readError
	if errors.As(err, &cut) {
		return entry{}, unreachable(cut.err), true, nil
	}
	return got, d, false, err
}

func statusFix(code int) string {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "on this machine there is no managed identity: use a public URL, one with a SAS token, or a local file"
	case http.StatusNotFound, http.StatusGone:
		return "check the address: was the file moved, or its branch renamed?"
	default:
		return "try again later"
	}
}

// store streams src into the cache.
func (o Options) store(ctx context.Context, c *plan.Content, src io.Reader, total int64) (entry, *diag.Diagnostic, error) {
	got, err := o.Cache.put(ctx, src, o.MaxSize, func(done int64) {
		o.Progress(events.Progress{What: "fetch " + c.FileName, Done: done, Total: max(total, 0), Unit: "bytes"})
	})
	var large *tooLargeError
	if errors.As(err, &large) {
		return entry{}, finding(c, CodeTooLarge, fmt.Sprintf("%q has more than %s", Redact(c.URI), humanize.IBytes(uint64(large.limit))),
			"a file goes to the build VM over SSH, one at a time", "let the build VM download it itself, in a Shell customizer"), nil
	}
	return got, nil, err
}

// reason takes the innermost words of an error: the outer ones repeat the URI, which may hold a signature.
func reason(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}
