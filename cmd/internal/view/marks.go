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

// Marks writes marks of steps, one to a line, each with its place first.
func Marks(w io.Writer, p Palette, list []kernelbound.Mark) error {
	var b strings.Builder
	for _, m := range list {
		for _, line := range markLines(p, m.Step, events.Mark{Command: m.Command, Kind: m.Kind, Why: m.Why, At: m.At()}) {
			fmt.Fprintln(&b, line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
