package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// fetcher is Options with the defaults filled in.
type fetcher struct {
	Options
	client *http.Client
	mu     sync.Mutex // guards Progress
}

func newFetcher(o Options) *fetcher {
	o.MaxSize = cmp.Or(o.MaxSize, defaultMaxSize)
	if o.Delays == nil {
		o.Delays = defaultDelays
	}
	return &fetcher{Options: o, client: newClient(o.Client)}
}

func (f *fetcher) progress(what string, done, total int64) {
	if f.Progress == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Progress(events.Progress{What: what, Done: done, Total: total, Unit: "bytes"})
}

// fetch gets the bytes at uri into the store. wants are the contents that name it; they are only read.
func (f *fetcher) fetch(ctx context.Context, uri string, wants []*plan.Content) (fetched, error) {
	name, isFile, bad := f.localName(uri)
	switch {
	case bad != nil:
		return fetched{problem: bad}, nil
	case isFile:
		return f.fetchFile(ctx, name)
	default:
		return f.fetchURL(ctx, uri, wants)
	}
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// localName tells whether uri names a file of this machine, and which.
func (f *fetcher) localName(uri string) (name string, isFile bool, bad *problem) {
	if !scheme.MatchString(uri) {
		if filepath.IsAbs(uri) {
			return filepath.Clean(uri), true, nil
		}
		return filepath.Join(f.TemplateDir, uri), true, nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", false, &problem{CodeBadURI, fmt.Sprintf("%q is not a URI", shown(uri)), parseReason(err), badURIFix}
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Hostname() == "" {
			return "", false, &problem{CodeBadURI, fmt.Sprintf("%q names no host", shown(uri)), "", badURIFix}
		}
		return "", false, nil
	case "file":
		if u.Host != "" && u.Host != "localhost" || u.Path == "" {
			return "", false, &problem{CodeBadURI, fmt.Sprintf("%q is not a file of this machine", shown(uri)),
				"a file URL holds an absolute path after three slashes", badURIFix}
		}
		return filepath.Clean(u.Path), true, nil
	default:
		return "", false, &problem{CodeBadURI, fmt.Sprintf("%q has the scheme %q", shown(uri), u.Scheme),
			"http, https and file are understood", badURIFix}
	}
}

const badURIFix = "write https://host/path, file:///absolute/path, or a path relative to the image template"

// parseReason leaves out the URL, which url.Parse repeats in its errors.
func parseReason(err error) string {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err.Error()
	}
	return ""
}

// fetchFile copies a file of this machine into the store.
func (f *fetcher) fetchFile(ctx context.Context, name string) (fetched, error) {
	// Without O_NONBLOCK the open of a named pipe would wait for a writer.
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fetched{problem: unreadable(name, err)}, nil
	}
	defer file.Close()
	st, err := file.Stat()
	switch {
	case err != nil:
		return fetched{problem: unreadable(name, err)}, nil
	case st.IsDir():
		return fetched{problem: &problem{CodeNoFile, fmt.Sprintf("%s is a folder", name),
			"a step takes one file", "name a file in it, or pack the folder: tar -czf files.tar.gz FOLDER"}}, nil
	case !st.Mode().IsRegular():
		return fetched{problem: &problem{CodeNoFile, fmt.Sprintf("%s is not a regular file", name),
			"it is " + st.Mode().Type().String(), "name a regular file"}}, nil
	case st.Size() > f.MaxSize:
		return fetched{problem: f.tooLarge(name)}, nil
	}
	sum, size, err := f.Cache.add(ctx, file, f.MaxSize, func(int64) {})
	switch {
	case err == nil:
		return fetched{sha256: sum, size: size}, nil
	case isType[*tooLargeError](err): // it grew meanwhile
		return fetched{problem: f.tooLarge(name)}, nil
	case isType[*fs.PathError](err) && !isType[*storeError](err):
		return fetched{problem: unreadable(name, err)}, nil
	default:
		return fetched{}, err
	}
}

// unreadable words an error on a file, with the names that were perhaps meant.
func unreadable(name string, err error) *problem {
	p := &problem{code: CodeNoFile, summary: fmt.Sprintf("%s cannot be read", name), fix: "correct the path, or its permissions"}
	var path *fs.PathError
	if errors.As(err, &path) {
		p.why = path.Err.Error()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return p
	}
	p.summary, p.fix = fmt.Sprintf("there is no file %s", name), "correct the path; relative ones start at the image template's folder"
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		p.why = fmt.Sprintf("there is no folder %s either", filepath.Dir(name))
		return p
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if near := diag.Near(filepath.Base(name), names); near != "" {
		p.fix = fmt.Sprintf("did you mean %q?", filepath.Join(filepath.Dir(name), near))
	}
	return p
}

func (f *fetcher) tooLarge(what string) *problem {
	return &problem{CodeTooLarge, fmt.Sprintf("%s has more than %s", what, humanize.IBytes(uint64(f.MaxSize))),
		"that is the most one file of a step may have", "fetch it in a script on the build VM instead"}
}

// shown is how a URI may be printed: without user, password and query, which may hold a shared access signature.
func shown(uri string) string {
	before, _, hasQuery := strings.Cut(uri, "?")
	before, _, _ = strings.Cut(before, "#")
	if prefix, rest, ok := strings.Cut(before, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		if at := strings.LastIndex(host, "@"); at >= 0 {
			before = prefix + "://***@" + rest[at+1:]
		}
	}
	if hasQuery && scheme.MatchString(uri) {
		before += "?***"
	}
	return before
}

// label is what progress calls the download of uri.
func label(uri string) string {
	before, _, _ := strings.Cut(uri, "?")
	return "download " + path.Base(before)
}

// isType reports whether err has a T in its chain.
func isType[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
