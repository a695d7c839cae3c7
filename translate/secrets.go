package translate

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// Secrets are the values of secure parameters, which findings must not show: neither in their words, nor in the lines of a file
// that a view shows around them.
type Secrets struct {
	places []diag.Range
	texts  []string // longest first
}

// FindSecrets looks for the values of secure parameters in templates, parameter files, and the values that the caller gives by name.
// It goes by names alone: whatever is given to a parameter "x" anywhere counts, as soon as one template declares a secure
// parameter "x".
func FindSecrets(files []Source, values map[string]string) *Secrets {
	var roots []*armjson.Node
	names := map[string]bool{}
	for _, f := range files {
		if n, _ := armjson.Parse(f.File, f.Data); n != nil {
			roots = append(roots, n)
			secureNames(n, names)
		}
	}
	s := &Secrets{}
	if len(names) == 0 {
		return s
	}
	texts := map[string]bool{}
	for _, n := range roots {
		s.find(n, names, texts)
	}
	for name, text := range values {
		if names[strings.ToLower(name)] {
			texts[text] = true
			if n, list := armjson.Parse("", []byte(text)); !list.HasErrors() { // an object or array: what is inside is secret too
				textsIn(n, texts)
			}
		}
	}
	delete(texts, "")
	s.texts = slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return s
}

// Texts are the values, longest first.
func (s *Secrets) Texts() []string { return slices.Clone(s.texts) }

// secureNames collects the names of secure parameters in lower case, at any depth of nesting.
func secureNames(n *armjson.Node, names map[string]bool) {
	for _, item := range n.Items {
		secureNames(item, names)
	}
	for _, m := range n.Members {
		if t := m.Value.Get("type"); t != nil && (strings.EqualFold(t.Text, "securestring") || strings.EqualFold(t.Text, "secureobject")) {
			names[strings.ToLower(m.Key)] = true
		}
		secureNames(m.Value, names)
	}
}

// find collects what is given to such names: {"name": {"value": …}}, {"name": {"defaultValue": …}}.
func (s *Secrets) find(n *armjson.Node, names, texts map[string]bool) {
	for _, item := range n.Items {
		s.find(item, names, texts)
	}
	for _, m := range n.Members {
		if names[strings.ToLower(m.Key)] {
			for _, at := range []string{"value", "defaultValue"} {
				if v := m.Value.Get(at); v != nil && !(v.Kind == armjson.String && armexpr.IsExpression(v.Text)) {
					s.places = append(s.places, v.Range)
					textsIn(v, texts)
				}
			}
		}
		s.find(m.Value, names, texts)
	}
}

// Found adds what findings take for secrets, in the texts of the files: from where they point to the end of the line.
func (s *Secrets) Found(list diag.List, files map[string][]byte) {
	for _, d := range list {
		text, from := files[d.Subject.File], d.Subject.Start.Byte
		if !check.AboutSecret(d.Code) || from < 0 || from > len(text) {
			continue
		}
		end := len(text)
		if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
			end = from + i
		}
		place := d.Subject
		place.End.Byte = max(end, place.End.Byte)
		s.places = append(s.places, place)
	}
}

// textsIn collects all texts in a value.
func textsIn(n *armjson.Node, texts map[string]bool) {
	if n.Kind == armjson.String {
		texts[n.Text] = true
	}
	for _, item := range n.Items {
		textsIn(item, texts)
	}
	for _, m := range n.Members {
		textsIn(m.Value, texts)
	}
}

// Mask returns a copy of a file's text in which the secrets are unreadable. Every other byte stays where it was, so that places
// in the file still hold.
func (s *Secrets) Mask(file string, text []byte) []byte {
	text = slices.Clone(text)
	for _, r := range s.places {
		if r.File != file || r.Start.Byte < 0 || r.End.Byte > len(text) {
			continue
		}
		hidden := strings.Map(func(c rune) rune {
			switch { // a character of as many bytes
			case c == '\n' || c == '\r':
				return c
			case c < 0x80:
				return '*'
			case c < 0x800:
				return '·'
			case c < 0x10000:
				return '•'
			default:
				return '🔒'
			}
		}, string(text[r.Start.Byte:r.End.Byte]))
		copy(text[r.Start.Byte:r.End.Byte], hidden)
	}
	return text
}

// shortSecret is a length below which a secret may be part of any word. It is hidden where it stands in quotes.
const shortSecret = 4

// Redact returns findings that do not tell the secrets.
func (s *Secrets) Redact(list diag.List) diag.List {
	if len(s.texts) == 0 {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		d := &list[i]
		d.Summary, d.Why, d.Fix, d.Path = s.Hide(d.Summary), s.Hide(d.Why), s.Hide(d.Fix), s.Hide(d.Path)
		d.Related = slices.Clone(d.Related)
		for j := range d.Related {
			d.Related[j].Message = s.Hide(d.Related[j].Message)
		}
	}
	return list
}

// Hide returns a text that does not tell the secrets. It is safe for concurrent use.
func (s *Secrets) Hide(text string) string {
	if len(s.texts) == 0 {
		return text
	}
	var pairs []string
	for _, t := range s.texts {
		if len(t) >= shortSecret {
			pairs = append(pairs, t, "***")
			continue
		}
		for _, quote := range []string{"'", `"`} {
			pairs = append(pairs, quote+t+quote, quote+"***"+quote)
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
