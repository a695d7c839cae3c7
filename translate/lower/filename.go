package lower

import (
	"net/url"
	"path"
	"strings"
)

// maxSlug bounds the made part of a file name, in bytes: far below any file system's limit, long enough to be told apart.
const maxSlug = 48

// fileName names a step's content below files/: <number>-<slug><extension>. The number makes it unique and sorts the folder in run
// order. The slug comes from the customizer's label, else from the URI's last segment, else it is fallback; the extension is
// that of the URI, or ".sh" for inline commands. Of a URI only the path is used: a query may hold a secret.
func fileName(number string, label, uri, fallback string) string {
	base := lastSegment(uri)
	ext := path.Ext(base)
	if uri == "" {
		ext = path.Ext(fallback)
	}
	stem := slug(strings.TrimSuffix(label, ext))
	if stem == "" {
		stem = slug(strings.TrimSuffix(base, ext))
	}
	if stem == "" {
		stem = slug(strings.TrimSuffix(fallback, path.Ext(fallback)))
	}
	name := number + "-" + stem
	if ext = slug(strings.TrimPrefix(ext, ".")); ext != "" {
		name += "." + ext
	}
	return name
}

// lastSegment is the last path segment of a URL, or of a relative path.
func lastSegment(uri string) string {
	p := uri
	if u, err := url.Parse(uri); err == nil && u.Scheme != "" {
		p = u.Path
	}
	if p = path.Base(p); p == "." || p == "/" {
		return ""
	}
	return p
}

// slug keeps ASCII letters, digits, dot, dash and underscore; runs of anything else become one dash. It neither starts nor
// ends with a dot or a dash: no hidden files, nothing that looks like an option.
func slug(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == maxSlug {
			break
		}
	}
	return strings.Trim(b.String(), ".-")
}
