package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/engine/events"
)

// JSON shows a run as JSON lines: each event as it is, then one object {"result": …}.
type JSON struct {
	Out io.Writer

	mu sync.Mutex
}

// Event implements Run. A reader that went away is no reason to stop a build.
func (v *JSON) Event(e events.Event) { _ = v.Write(e) }

// Notice implements Run: it is for people.
func (v *JSON) Notice(string) {}

// End implements Run.
func (v *JSON) End(e Ending) error {
	if e.Outputs == nil {
		e.Outputs = []Output{}
	}
	return v.Write(map[string]any{"result": e})
}

// Write writes one value as a line.
func (v *JSON) Write(value any) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return encode(v.Out, value, "", "")
}

// Document writes one JSON document for people and programs to read.
func Document(w io.Writer, value any) error {
	return encode(w, value, "", "  ")
}

// encode writes a value as JSON that may be printed to a terminal: the control characters that JSON allows in strings, and of which
// a terminal takes some for commands, are written as numbers.
func encode(w io.Writer, value any, prefix, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent(prefix, indent)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return err
	}
	text := b.Bytes()
	if bytes.IndexByte(text, 0x7f) >= 0 || bytes.IndexByte(text, 0xc2) >= 0 { // the first byte of most of them
		text = controls.ReplaceAllFunc(text, func(c []byte) []byte { return fmt.Appendf(nil, `\u%04x`, bytes.Runes(c)[0]) })
	}
	_, err := w.Write(text)
	return err
}

// controls are the control characters above the first 32.
var controls = regexp.MustCompile("[\u007f-\u009f]")

// jsonArray writes a long array of a document one element after another, formatted like Document does.
type jsonArray struct {
	out    io.Writer
	indent string // of the line that the array begins in
	n      int
}

func (a *jsonArray) add(value any) error {
	text, err := indented(value, a.indent+"  ")
	if err != nil {
		return err
	}
	before := "["
	if a.n++; a.n > 1 {
		before = ","
	}
	_, err = io.WriteString(a.out, before+"\n"+a.indent+"  "+text)
	return err
}

// end closes the array.
func (a *jsonArray) end() error {
	text := "\n" + a.indent + "]"
	if a.n == 0 {
		text = "[]"
	}
	_, err := io.WriteString(a.out, text)
	return err
}

// indented is a value as a part of a document, in a line that is indented so.
func indented(value any, indent string) (string, error) {
	var b strings.Builder
	err := encode(&b, value, indent, "  ")
	return strings.TrimSuffix(b.String(), "\n"), err
}
