package catalog

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/ingot-build/ingot/translate/diag"
)

// Error is a fault in a catalog file, at its place.
type Error struct {
	Range diag.Range
	Text  string
}

func (e *Error) Error() string { return e.Range.String() + ": " + e.Text }

// file is a catalog file as written: images still name their sources.
type file struct {
	sources map[string]source
	images  []entry
}

type source struct {
	url, checksums, sha256 text
}

func (s source) empty() bool { return s == source{} }

type entry struct {
	name, title, os text
	from            text   // the name of a source
	direct          source // or the source itself
	vars            map[string]string
	urns            []text
}

// text is a string with its place.
type text struct {
	value string
	at    diag.Range
}

// hujson reports a syntax fault only in words.
var hujsonPlace = regexp.MustCompile(`^hujson: line (\d+), column (\d+): (.*)$`)

// parse reads JSON with comments and trailing commas. All faults are reported, joined.
func parse(name string, b []byte) (*file, error) {
	root, err := hujson.Parse(b)
	if err != nil {
		at, what := diag.Range{File: name}, err.Error()
		if m := hujsonPlace.FindStringSubmatch(what); m != nil {
			at.Start.Line, _ = strconv.Atoi(m[1])
			at.Start.Column, _ = strconv.Atoi(m[2])
			what = m[3]
		}
		return nil, &Error{Range: at, Text: what}
	}
	d := &decoder{file: name, text: b}
	f := &file{sources: map[string]source{}}
	d.object(&root, "the catalog", map[string]func(*hujson.Value){
		"sources": func(v *hujson.Value) {
			d.members(v, "sources", func(key text, v *hujson.Value) { f.sources[key.value] = d.source(v) })
		},
		"images": func(v *hujson.Value) {
			d.array(v, "images", func(v *hujson.Value) { f.images = append(f.images, d.entry(v)) })
		},
	})
	seen := map[string]text{}
	for _, e := range f.images {
		if first, twice := seen[e.name.value]; twice {
			d.fault(e.name.at, "image %q is here twice; first at line %d", e.name.value, first.at.Start.Line)
		}
		seen[e.name.value] = e.name
	}
	if err := errors.Join(d.faults...); err != nil {
		return nil, err
	}
	return f, nil
}

func (d *decoder) source(v *hujson.Value) source {
	var s source
	d.object(v, "a source", s.fields(d))
	d.checkSource(s, v)
	return s
}

func (s *source) fields(d *decoder) map[string]func(*hujson.Value) {
	return map[string]func(*hujson.Value){
		"url": d.string(&s.url), "checksums": d.string(&s.checksums), "sha256": d.string(&s.sha256),
	}
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// checkSource sees that a download can be verified; an unverified one would be run as root in a build VM.
func (d *decoder) checkSource(s source, v *hujson.Value) {
	at := d.rangeOf(v)
	switch {
	case s.url.value == "":
		d.fault(at, `no "url"`)
	case s.checksums.value == "" && s.sha256.value == "":
		d.fault(s.url.at, `neither "checksums" nor "sha256" says what the download must be`)
	case s.checksums.value != "" && s.sha256.value != "":
		d.fault(s.sha256.at, `both "checksums" and "sha256"; one of them is enough`)
	case s.sha256.value != "" && !sha256Hex.MatchString(s.sha256.value):
		d.fault(s.sha256.at, `"sha256" is not 64 lower-case hex digits`)
	}
}

var imageName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// ValidName reports whether a name may be given to a base image: it becomes a folder's name.
func ValidName(name string) bool { return imageName.MatchString(name) }

func (d *decoder) entry(v *hujson.Value) entry {
	e := entry{os: text{value: "linux"}, vars: map[string]string{}}
	fields := e.direct.fields(d)
	fields["name"], fields["title"], fields["os"] = d.string(&e.name), d.string(&e.title), d.string(&e.os)
	fields["source"] = d.string(&e.from)
	fields["vars"] = func(v *hujson.Value) {
		d.members(v, "vars", func(key text, v *hujson.Value) {
			var t text
			d.string(&t)(v)
			e.vars[key.value] = t.value
		})
	}
	fields["urns"] = func(v *hujson.Value) {
		d.array(v, "urns", func(v *hujson.Value) {
			var t text
			d.string(&t)(v)
			e.urns = append(e.urns, t)
		})
	}
	if !d.object(v, "an image", fields) {
		return e
	}
	switch {
	case e.name.value == "":
		d.fault(d.rangeOf(v), `an image without "name"`)
	case !ValidName(e.name.value):
		d.fault(e.name.at, "name %q: want lower-case letters, digits, dots and dashes, at most 64", e.name.value)
	}
	if e.os.value != "linux" && e.os.value != "windows" {
		d.fault(e.os.at, `os %q: want "linux" or "windows"`, e.os.value)
	}
	if !e.direct.empty() {
		if e.from.value != "" {
			d.fault(e.from.at, `both "source" and a place of its own; one of them is enough`)
		}
		d.checkSource(e.direct, v)
	}
	return e
}

// resolve fills each image's source in.
func (f *file) resolve(sources map[string]source) (*Catalog, error) {
	c := &Catalog{}
	var faults []error
	fault := func(at diag.Range, format string, args ...any) {
		faults = append(faults, &Error{Range: at, Text: fmt.Sprintf(format, args...)})
	}
	known := make([]string, 0, len(sources))
	for name := range sources {
		known = append(known, name)
	}
	for _, e := range f.images {
		im := Image{Name: e.name.value, Title: e.title.value, OS: e.os.value, Range: e.name.at}
		for _, u := range e.urns {
			p, err := ParsePattern(u.value)
			if err != nil {
				fault(u.at, "%v", err)
			}
			im.URNs = append(im.URNs, p)
		}
		s, ok := e.direct, true
		if e.from.value != "" {
			if s, ok = sources[e.from.value]; !ok {
				fault(e.from.at, "no source %q; %s", e.from.value, diag.KnownNames(e.from.value, known))
			}
		}
		if ok && !s.empty() {
			im.Download = &Download{SHA256: s.sha256.value}
			for _, part := range []struct {
				from text
				to   *string
			}{{s.url, &im.Download.URL}, {s.checksums, &im.Download.Checksums}} {
				if part.from.value == "" {
					continue
				}
				filled, err := fill(part.from.value, e.vars)
				if err != nil {
					fault(e.name.at, "image %q: %v", e.name.value, err)
				}
				*part.to = filled
			}
		}
		c.images = append(c.images, im)
	}
	return c, errors.Join(faults...)
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

// fill replaces {words} and sees that a fetchable URL comes out.
func fill(template string, vars map[string]string) (string, error) {
	var missing []string
	filled := variable.ReplaceAllStringFunc(template, func(word string) string {
		value, ok := vars[word[1:len(word)-1]]
		if !ok {
			missing = append(missing, word)
		}
		return value
	})
	if len(missing) > 0 {
		return "", fmt.Errorf("%s in %s is not among its vars", strings.Join(missing, ", "), template)
	}
	u, err := url.Parse(filled)
	if err != nil {
		return "", err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", fmt.Errorf("%q is no http or https URL", filled)
	}
	return filled, nil
}
