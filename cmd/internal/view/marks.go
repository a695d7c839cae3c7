package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
)

// marked is a mark with the id of its step.
type marked struct {
	step string
	events.Mark
}

// markLines are a mark on one line, and what may be done about it and those before it on another, where that comes with it.
func markLines(p Palette, step string, m events.Mark) []string {
	at := ""
	if m.At != "" {
		at = Line(m.At) + ": "
	}
	what := fmt.Sprintf("%s [%s]: %s", p.Bold(Line(m.Command)), m.Kind, Line(m.Why))
	lines := []string{fmt.Sprintf("%s%s: %s: %s", at, p.Warn("warning"), Line(step), what)}
	if m.Fix != "" {
		lines = append(lines, p.Faint("fix: "+Line(m.Fix)))
	}
	return lines
}

// markNote is what the line of a step says of its marks; "" if it has none.
func markNote(marks []events.Mark) string {
	switch n := len(marks); n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("! %s [%s]", marks[0].Command, marks[0].Kind)
	default:
		return fmt.Sprintf("! %s [%s] and %d more", marks[0].Command, marks[0].Kind, n-1)
	}
}

// NeedsKernel writes what of an image template needs a kernel of its own: each command on a line that begins with its place, then the
// scripts of which that is not known, and advice, if there is any.
func NeedsKernel(w io.Writer, p Palette, name string, marks, unread []kernelbound.Mark, advice string) error {
	var b strings.Builder
	for _, m := range marks {
		for _, line := range markLines(p, m.Step, events.Mark{Command: m.Command, Kind: m.Kind, Why: m.Why, At: m.At()}) {
			fmt.Fprintln(&b, line)
		}
	}
	for _, m := range unread {
		fmt.Fprintf(&b, "%s: %s: %s: %s was not looked into: %s\n", Line(m.At()), p.Faint("info"), Line(m.Step), Line(m.Command), Line(m.Why))
	}
	what := fmt.Sprintf("%d commands need a kernel of their own", len(marks))
	switch len(marks) {
	case 0:
		what = "nothing that is known needs a kernel of its own"
	case 1:
		what = "1 command needs a kernel of its own"
	}
	fmt.Fprintf(&b, "image template %q: %s\n", name, what)
	if advice != "" {
		fmt.Fprintf(&b, "  %s\n", p.Faint(Line(advice)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
