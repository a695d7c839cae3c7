package resolve

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// LocalFile gives the file of this machine that a URI stands for, as Contents would read it: one that is named, or one in the place of a
// URL. ok is false for what a server has, and for what is no URI. Whether the file may be read, or is there, is not asked.
func (o Options) LocalFile(uri string) (name string, ok bool) {
	f := &fetcher{Options: o}
	name, isFile, bad := f.localName(uri)
	if bad != nil || isFile {
		return name, isFile
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", false
	}
	all := overrides{o.Overrides, make([]bool, len(o.Overrides))}
	at, segments, ok := all.find(u)
	if !ok || slices.ContainsFunc(segments, func(s string) bool { return s == ".." || s == "." || strings.ContainsAny(s, "/\x00") }) {
		return "", false
	}
	return filepath.Join(append([]string{at.Path}, segments...)...), true
}
