package lsp

import (
	"net/url"
	"path/filepath"
	"strings"
)

// fileOf gives the path of a file: URI. What stands for no file, such as a document that was never saved, is named by its URI.
func fileOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return uri
	}
	path := u.Path
	if len(path) > 2 && path[0] == '/' && path[2] == ':' { // file:///c:/web.json
		path = path[1:]
	}
	return filepath.FromSlash(path)
}

// uriOf is the inverse of fileOf.
func uriOf(file string) string {
	if strings.Contains(file, "://") || strings.HasPrefix(file, "untitled:") {
		return file
	}
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
