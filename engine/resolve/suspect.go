package resolve

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// serviceFileSize is what the service documents its File customizer for; larger ones are slow enough there to run out of time.
const serviceFileSize = 20_000_000

// suspect warns of bytes that came as they should and are perhaps not what was meant.
func (f *fetcher) suspect(s *plan.Step, c *plan.Content, got fetched) diag.List {
	var found diag.List
	warn := func(p problem) {
		d := p.at(c.Origin)
		d.Severity = diag.Warning
		found.Add(d)
	}
	if s.File != nil && got.size >= serviceFileSize {
		warn(problem{CodeLarge, fmt.Sprintf("%s has %s", shown(c.URI), humanize.Bytes(uint64(got.size))),
			"the service documents its File customizer for less than 20 MB; larger files run out of time there",
			"fetch it in a script on the build VM"})
	}
	if c.URI == "" {
		return found
	}
	ext := extension(c.URI)
	compressed := []string{".gz", ".tgz", ".svgz", ".br", ".zst"} // az storage blob upload gives a .tar.gz the encoding gzip
	if got.encoding != "" && !strings.EqualFold(got.encoding, "identity") && !slices.Contains(compressed, ext) {
		warn(problem{CodeSuspect, fmt.Sprintf("%s came compressed (%q), though it was asked for as it is", shown(c.URI), got.encoding),
			"the bytes are used as they came, and so does the checksum count", "upload it without a content encoding"})
	}
	if !slices.Contains([]string{".html", ".htm", ".xhtml"}, ext) && f.isPage(c.SHA256) {
		warn(problem{CodeSuspect, fmt.Sprintf("%s is a web page", shown(c.URI)),
			"it starts as HTML does; a server that wants a login, or one that shows a file, answers so",
			"open the URL in a browser without logging in, and look for the address of the file itself"})
	}
	return found
}

func extension(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.ToLower(path.Ext(u.Path))
}

// isPage reports whether bytes in the store start as HTML does.
func (f *fetcher) isPage(sum string) bool {
	r, err := f.Cache.Open(sum)
	if err != nil {
		return false
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, 512))
	if err != nil {
		return false
	}
	head = bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff"))))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
