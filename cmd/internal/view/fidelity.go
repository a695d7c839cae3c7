package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/ingot-build/ingot/engine/fidelity"
)

// How much is shown of what the service would do otherwise.
const (
	FidelityShort = "short" // a line for each difference; after a failed run, how many there are
	FidelityFull  = "full"  // with its reason and its place
	FidelityOff   = "off"
)

// Fidelity writes differences, each in a line, and with full in three.
func Fidelity(w io.Writer, p Palette, list []fidelity.Difference, full bool) error {
	width := 0
	for _, d := range list {
		width = max(width, len(d.Kind))
	}
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "    %s  %s\n", p.Warn(fmt.Sprintf("%-*s", width, d.Kind)), Line(d.What))
		if full {
			detail(&b, p, width, "why", d.Why)
			detail(&b, p, width, "at", atOf(d))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// atOf is where in the image template the reason of a difference is, and in which step.
func atOf(d fidelity.Difference) string {
	var parts []string
	for _, part := range []string{d.Range.String(), d.Path} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if d.Step != "" && !strings.Contains(d.Path, d.Step) {
		parts = append(parts, "step "+d.Step)
	}
	return strings.Join(parts, ", ")
}

func detail(b *strings.Builder, p Palette, indent int, label, text string) {
	if text != "" {
		fmt.Fprintf(b, "    %*s  %s\n", indent, "", p.Faint(fmt.Sprintf("%-5s%s", label+":", Line(text))))
	}
}

// fidelity writes the differences of a run as much as is wanted.
func (e Ending) fidelity(w io.Writer, p Palette) error {
	n := len(e.Fidelity)
	if n == 0 || e.ShowFidelity == FidelityOff {
		return nil
	}
	full := e.ShowFidelity == FidelityFull
	head := fmt.Sprintf("the service would differ in %d ways", n)
	if n == 1 {
		head = "the service would differ in one way"
	}
	switch {
	case full:
		head += ":"
	case e.State != "Succeeded":
		head += "; --fidelity full shows them"
	default:
		head += " (--fidelity full has the reasons):"
	}
	if _, err := fmt.Fprintf(w, "\n  %s\n", p.Faint(head)); err != nil || !full && e.State != "Succeeded" {
		return err
	}
	return Fidelity(w, p, e.Fidelity, full)
}
