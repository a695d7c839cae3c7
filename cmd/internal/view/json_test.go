package view

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/ingot-build/ingot/engine/events"
)

// What a guest prints is in the JSON as it came, and is no command for the terminal that the JSON is printed to.
func TestJSONOnATerminal(t *testing.T) {
	const text = "a\x1b[31mred\x07 \u009b31m \u007f \u0080 \u00a0é日 </b>&\t\r"
	event := events.Event{Seq: 1, Output: &events.Output{Stream: events.Stdout, Text: text}}
	for name, write := range map[string]func(*strings.Builder) error{
		"a line":     func(b *strings.Builder) error { return (&JSON{Out: b}).Write(event) },
		"a document": func(b *strings.Builder) error { return Document(b, event) },
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(b.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' }); i >= 0 {
				t.Errorf("a control character at %d of %q", i, b.String())
			}
			var back events.Event
			if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back.Output.Text != text {
				t.Errorf("%q came back as %q (%v)", text, back.Output.Text, err)
			}
		})
	}
}
