// Package links fetches what a deployment template links to. A template may come from anybody, so a link is followed only to where
// its author could have put a file for others: below the folder of the template, or at a public https address. It never leads
// to another file of this machine, nor to a server on this machine or in the network around it.
package links

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// The bounds of one Follower.
const (
	maxFiles = 100              // documents in all
	maxSize  = 4 << 20          // bytes of one, as Azure has it
	maxTime  = 30 * time.Second // for one
	maxHops  = 5                // redirects of one
)

// A Refused is a link that is not followed, or that leads nowhere.
type Refused struct{ What, Why, Fix string }

func (e *Refused) Error() string { return e.What }

// A Follower fetches the documents that one template links to. It is not safe for concurrent use.
type Follower struct {
	folder string // of the template; "" when it has none
	client *http.Client
	count  int
}

// New makes a Follower for a template in a file, or for one that came through a pipe: then file is "-".
func New(file string) *Follower {
	f := &Follower{client: newClient(publicOnly)}
	if file != "-" {
		f.folder = filepath.Dir(file)
	}
	return f
}

// Fetch returns the document that uri leads to: an https URI, or a path relative to the file or URI it is written in. name is how
// messages name it, and what the links in it are relative to. An error is a *Refused, unless ctx ended.
func (f *Follower) Fetch(ctx context.Context, from, uri string) (name string, data []byte, err error) {
	if f.count++; f.count > maxFiles {
		return "", nil, &Refused{What: fmt.Sprintf("more than %d templates are linked", maxFiles), Why: "each link is followed once for each use"}
	}
	target, err := resolve(from, uri)
	if err != nil {
		return "", nil, err
	}
	if target.Scheme == "" {
		return f.fromFolder(from, uri)
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	data, err = f.fromServer(ctx, target)
	return target.String(), data, err
}

// resolve makes uri absolute where it is written in a document from a server. A path has no scheme.
func resolve(from, uri string) (*url.URL, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, &Refused{What: fmt.Sprintf("%q is neither a URI nor a path", uri), Why: "the parser says: " + reason(err)}
	}
	if base, err := url.Parse(from); err == nil && base.Scheme == "https" {
		u = base.ResolveReference(u)
	}
	switch {
	case u.Scheme == "https" && u.Host != "", u.Scheme == "" && u.Host == "":
		return u, nil
	case strings.EqualFold(u.Scheme, "file"):
		return nil, &Refused{What: fmt.Sprintf("the link %q leads to a file of this machine", uri),
			Why: "links lead to https URIs, or to paths below the folder of the template", Fix: `put the file there, and link it with "relativePath"`}
	case strings.EqualFold(u.Scheme, "http"):
		return nil, &Refused{What: fmt.Sprintf("the link %q is not encrypted", uri), Why: "anybody on the way could change the template", Fix: "use https"}
	default:
		return nil, &Refused{What: fmt.Sprintf("the link %q is of a kind that is not followed", uri), Why: "links lead to https URIs, or to paths below the folder of the template"}
	}
}

// fromFolder reads a file below the folder of the template. Symbolic links that lead out of the folder are not followed either.
func (f *Follower) fromFolder(from, uri string) (string, []byte, error) {
	if f.folder == "" {
		return "", nil, &Refused{What: fmt.Sprintf("the link %q is relative, and the template came through a pipe", uri),
			Why: "there is no folder that it could be relative to", Fix: "give the template as a file"}
	}
	name := filepath.Join(filepath.Dir(from), filepath.FromSlash(uri))
	inside, err := filepath.Rel(f.folder, name)
	if err != nil || path.IsAbs(uri) || filepath.IsAbs(uri) || !filepath.IsLocal(inside) {
		return "", nil, outside(uri)
	}
	root, err := os.OpenRoot(f.folder)
	if err != nil {
		return "", nil, unreadable(name, err)
	}
	defer root.Close()
	info, err := root.Stat(inside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, &Refused{What: fmt.Sprintf("there is no file %q, which the template links to", name), Fix: "put it there, or correct the link"}
	case err != nil && strings.Contains(err.Error(), "escapes"): // what os.Root says of a symbolic link; it has no error value for it
		return "", nil, outside(uri)
	case err != nil:
		return "", nil, unreadable(name, err)
	case !info.Mode().IsRegular(): // a pipe would never end
		return "", nil, &Refused{What: fmt.Sprintf("%q is not a regular file", name)}
	}
	file, err := root.Open(inside)
	if err != nil {
		return "", nil, unreadable(name, err)
	}
	defer file.Close()
	data, err := readBounded(file, name)
	return name, data, err
}

func outside(uri string) error {
	return &Refused{What: fmt.Sprintf("the link %q leads out of the folder of the template", uri),
		Why: "a template could otherwise read any file of this machine", Fix: "put the linked file below that folder"}
}

func unreadable(name string, err error) error {
	return &Refused{What: fmt.Sprintf("the linked template %q cannot be read", name), Why: reason(err)}
}

// readBounded reads a document of at most maxSize bytes.
func readBounded(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, unreadable(name, err)
	}
	if len(data) > maxSize {
		return nil, &Refused{What: fmt.Sprintf("the linked template %q is larger than %d MiB", name, maxSize>>20),
			Why: "Azure Resource Manager takes no larger one"}
	}
	return data, nil
}

// reason is the innermost text of an error: the outer ones repeat the name.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
