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
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// Override puts a folder of this machine in the place of a remote prefix, so that a script is tried before it is uploaded.
type Override struct {
	Prefix string // http(s)://host/path, without a query: all URLs at it and below it
	Path   string // absolute; a folder, or a file where Prefix names a file
	Name   string // Path as messages have it; "": Path
}

// ParseOverride reads PREFIX=PATH; a relative path starts at dir.
func ParseOverride(text, dir string) (Override, error) {
	prefix, path, ok := strings.Cut(text, "=")
	if !ok || path == "" {
		return Override{}, errors.New("it has no =PATH after the URL")
	}
	u, err := url.Parse(prefix)
	if err != nil {
		return Override{}, errors.New("what is before the = is not a URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return Override{}, errors.New("what is before the = does not start with http://host or https://host")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return Override{}, errors.New("the URL has a query, a fragment or a user; a prefix is scheme, host and path")
	}
	name := filepath.Clean(path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if _, err := os.Stat(path); err != nil {
		return Override{}, fmt.Errorf("there is no %s", path)
	}
	return Override{Prefix: prefix, Path: filepath.Clean(path), Name: name}, nil
}

// below gives the segments of a URL below a prefix, if it is there. Queries do not count.
func (o Override) below(u *url.URL) (segments []string, ok bool) {
	p, err := url.Parse(o.Prefix)
	if err != nil || origin(p) != origin(u) {
		return nil, false
	}
	want, have := split(p), split(u)
	if len(have) < len(want) || !slices.Equal(want, have[:len(want)]) {
		return nil, false
	}
	return have[len(want):], true
}

// split gives the segments of a URL's path, each decoded by itself: an encoded slash does not make two of one.
func split(u *url.URL) []string {
	var segments []string
	for _, s := range strings.Split(strings.Trim(u.EscapedPath(), "/"), "/") {
		if text, err := url.PathUnescape(s); err == nil {
			s = text
		}
		if s != "" {
			segments = append(segments, s)
		}
	}
	return segments
}

// overrides are those of a run, and which of them were of use.
type overrides struct {
	list []Override
	used []bool
}

// find gives the file in the place of a URL: of the override with the longest prefix.
func (o *overrides) find(u *url.URL) (at Override, segments []string, ok bool) {
	best := -1
	for i, candidate := range o.list {
		s, matches := candidate.below(u)
		if matches && (best < 0 || len(s) < len(segments)) {
			best, segments = i, s
		}
	}
	if best < 0 {
		return Override{}, nil, false
	}
	o.used[best] = true
	return o.list[best], segments, true
}

// unused lists a warning for each override that no URL of the template was below.
func (o *overrides) unused() diag.List {
	var found diag.List
	for i, candidate := range o.list {
		if !o.used[i] {
			found.Add(diag.Diagnostic{Severity: diag.Warning, Code: CodeOverride,
				Summary: fmt.Sprintf("no URL of the image template starts with %s", candidate.Prefix),
				Why:     "the override had nothing to do",
				Fix:     "compare it with the template's URLs; whole segments of the path count"})
		}
	}
	return found
}

// fetchOverride copies the file in the place of a URL into the store. Nothing outside the override's folder is read, not by "..", not by
// an encoded slash, and not by a symbolic link.
func (f *fetcher) fetchOverride(ctx context.Context, uri string, at Override, segments []string) (fetched, error) {
	name, shownAs := at.Path, cmp.Or(at.Name, at.Path)
	open := func() (*os.File, error) { return openFile(name) }
	if len(segments) > 0 {
		if slices.ContainsFunc(segments, func(s string) bool { return s == ".." || s == "." || strings.ContainsAny(s, "/\x00") }) {
			return fetched{problem: &problem{code: CodeBadURI, summary: fmt.Sprintf("%s leads out of what is overridden", shown(uri)),
				why: "a segment of its path is not a name", fix: "write the URL without . and .. in it"}}, nil
		}
		rel := filepath.Join(segments...)
		name, shownAs = filepath.Join(name, rel), filepath.Join(shownAs, rel)
		open = func() (*os.File, error) { return openBelow(at.Path, rel) }
	}
	got, err := f.add(ctx, shownAs, open)
	if p := got.problem; p != nil && p.code == CodeNoFile {
		p.summary = fmt.Sprintf("%s is overridden by %s, and %s", shown(uri), cmp.Or(at.Name, at.Path), p.summary)
		p.fix = cmp.Or(p.fix, "put the file there, or override less")
	}
	got.from, got.path, got.name = FromOverride, name, shownAs
	return got, err
}

// openFile opens a file without waiting for the writer of a named pipe.
func openFile(name string) (*os.File, error) { return os.OpenFile(name, readOnly, 0) }

// openBelow opens a file below a folder; links that lead out of it give errOutside.
func openBelow(dir, rel string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(rel, readOnly, 0)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return f, err
	}
	if _, outside := os.Stat(filepath.Join(dir, rel)); outside == nil { // without the fence it is there
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(dir, rel), Err: errOutside}
	}
	return nil, err
}

var errOutside = errors.New("a symbolic link leads out of the folder")
