package view

import (
	"encoding/json"
	"io"
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
