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
	head := f.head(c.SHA256)
	bad, marked := misread(shown(c.URI), head)
	switch {
	case isPage(head):
		if !slices.Contains([]string{".html", ".htm", ".xhtml"}, ext) {
			warn(problem{CodeSuspect, fmt.Sprintf("%s is a web page", shown(c.URI)),
				"it starts as HTML does; a server that wants a login, or one that shows a file, answers so",
				"open the URL in a browser without logging in, and look for the address of the file itself"})
		}
	case marked && s.Shell != nil:
		warn(bad)
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

// head is how bytes in the store start.
func (f *fetcher) head(sum string) []byte {
	r, err := f.Cache.Open(sum)
	if err != nil {
		return nil
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, 512))
	if err != nil {
		return nil
	}
	return head
}

// isPage reports whether bytes that start so are HTML.
func isPage(head []byte) bool {
	head = bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff"))))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// misread says why a shell does not read a script that starts so as it was meant: what comes before "#!" counts as a command, and
// the script is run by whatever shell the build user has.
func misread(name string, head []byte) (problem, bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\ufeff")):
		return problem{CodeSuspect, name + " starts with a byte order mark",
			"the kernel finds no #! before it, and shells take it for a part of the first word", "save it as UTF-8 without a byte order mark"}, true
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}),
		bytes.HasPrefix(head, []byte{'#', 0, '!', 0}), bytes.HasPrefix(head, []byte{0, '#', 0, '!'}):
		return problem{CodeSuspect, name + " is written in UTF-16", "no shell reads that", "save it as UTF-8"}, true
	}
	return problem{}, false
}
