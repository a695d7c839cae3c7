package view

import (
	"encoding/json"
	"io"
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
	enc := json.NewEncoder(v.Out)
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// Document writes one JSON document for people and programs to read.
func Document(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

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
	enc := json.NewEncoder(&b)
	enc.SetIndent(indent, "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return strings.TrimSuffix(b.String(), "\n"), err
}
