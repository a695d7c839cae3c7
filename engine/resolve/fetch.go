package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
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
	overrides    overrides
	userAssigned string // resource id of the template's identity, or ""
	said         map[string]bool
	mu           sync.Mutex // guards Progress, Say, said and overrides.used
}

func newFetcher(o Options, p *plan.Plan) *fetcher {
	o.MaxSize = cmp.Or(o.MaxSize, defaultMaxSize)
	o.stall = cmp.Or(o.stall, stallTimeout)
	if o.Delays == nil {
		o.Delays = defaultDelays
	}
	if o.wait == nil {
		o.wait = sleep
	}
	if o.now == nil {
		o.now = time.Now
	}
	f := &fetcher{Options: o, overrides: overrides{o.Overrides, make([]bool, len(o.Overrides))}, said: map[string]bool{}}
	if ids := p.Azure.Identities; len(ids) > 0 {
		f.userAssigned = ids[0] // the service allows one
	}
	return f
}

func (f *fetcher) progress(what string, done, total int64) {
	if f.Progress == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Progress(events.Progress{What: what, Done: done, Total: total, Unit: "bytes"})
}

// sayOnce tells the person a line that they have not been told before.
func (f *fetcher) sayOnce(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Say != nil && !f.said[line] {
		f.said[line] = true
		f.Say(line)
	}
}

// fetch gets the bytes at uri into the store. wants are the contents that name it; they are only read.
func (f *fetcher) fetch(ctx context.Context, uri string, wants []*plan.Content) (fetched, error) {
	name, isFile, bad := f.localName(uri)
	switch {
	case bad != nil:
		return fetched{problem: bad}, nil
	case isFile:
		return f.fetchFile(ctx, uri, name)
	}
	if u, err := url.Parse(uri); err == nil {
		f.mu.Lock()
		at, segments, ok := f.overrides.find(u)
		f.mu.Unlock()
		if ok {
			got, err := f.fetchOverride(ctx, uri, at, segments)
			if err == nil && got.problem == nil {
				f.sayOnce(fmt.Sprintf("override: %s is %s", shown(uri), got.name))
			}
			return got, err
		}
		if raw := rawAddress(u); raw != "" {
			return fetched{problem: &problem{CodeBadURI, fmt.Sprintf("%s is a page about the file", shown(uri)),
				u.Hostname() + " answers with HTML, and that is what would run", "write " + raw}}, nil
		}
	}
	return f.fetchURL(ctx, uri, wants)
}

// rawAddress is where the file is whose page at GitHub or GitLab a URL names; "" for any other URL.
func rawAddress(u *url.URL) string {
	if u.Query().Has("raw") { // it leads to the file
		return ""
	}
	if parts := strings.Split(u.EscapedPath(), "/"); strings.EqualFold(u.Hostname(), "github.com") && len(parts) > 5 && parts[3] == "blob" {
		return "https://raw.githubusercontent.com/" + strings.Join(append(parts[1:3:3], parts[4:]...), "/")
	}
	if before, after, ok := strings.Cut(u.EscapedPath(), "/-/blob/"); ok {
		return u.Scheme + "://" + u.Host + before + "/-/raw/" + after
	}
	return ""
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

// fetchFile copies a file of this machine into the store. Without leave of the person who runs it, a template names files below its
// own folder only: it may be a stranger's, and what it names ends in an image.
func (f *fetcher) fetchFile(ctx context.Context, uri, name string) (fetched, error) {
	if f.AllowLocal {
		return f.add(ctx, name, func() (*os.File, error) { return openFile(name) })
	}
	rel, err := filepath.Rel(f.TemplateDir, name)
	if err != nil || !filepath.IsLocal(rel) {
		return fetched{problem: outside(uri, "")}, nil
	}
	got, err := f.add(ctx, name, func() (*os.File, error) { return openBelow(f.TemplateDir, rel) })
	if p := got.problem; p != nil && p.why == errOutside.Error() {
		got.problem = outside(uri, p.why)
	}
	return got, err
}

// outside says that a file is not the template's own.
func outside(uri, why string) *problem {
	return &problem{CodeOutside, fmt.Sprintf("%q is outside the image template's folder", shown(uri)),
		cmp.Or(why, "a template may name files below its own folder only, unless whoever runs it says otherwise"),
		"if you trust the template: --allow-local; else copy the file beside it"}
}

// readOnly does not wait for the writer of a named pipe.
const readOnly = os.O_RDONLY | syscall.O_NONBLOCK

// add copies the file called name into the store.
func (f *fetcher) add(ctx context.Context, name string, open func() (*os.File, error)) (fetched, error) {
	file, err := open()
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
	sum, size, err := f.Cache.add(ctx, file, f.MaxSize)
	switch {
	case err == nil:
		return fetched{sha256: sum, size: size, from: FromFile, path: name}, nil
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
		"that is the most one file of a step may have", "fetch it in a script on the build VM instead, or allow more: --max-file-size"}
}

// isType reports whether err has a T in its chain.
func isType[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
