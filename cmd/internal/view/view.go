// Package view turns events and diagnostics into text, for people and for machines. It is the only code of Ingot that formats
// for a terminal.
//
// Three views of a run read one event stream: Live repaints a few lines of a terminal, Plain writes a line for each thing that
// happened, JSON writes the events as they are. Whatever comes from a guest, from a downloaded file or from the user's text
// passes through Line first, so that it can neither move the cursor nor colour the rest of the screen.
package view

import (
	"github.com/charmbracelet/x/ansi"
)

// Palette styles text, or leaves it alone. The zero Palette is plain, as pipes, NO_COLOR and tests want it.
type Palette struct{ Color bool }

func (p Palette) style(s ansi.Style, text string) string {
	if !p.Color || text == "" {
		return text
	}
	return s.Styled(text)
}

// The styles in use are the eight basic colours of a terminal's own theme: they stay readable on light and on dark.

// Bold is for what a reader should find first.
func (p Palette) Bold(s string) string { return p.style(ansi.NewStyle().Bold(), s) }

// Faint is for what may be skipped.
func (p Palette) Faint(s string) string { return p.style(ansi.NewStyle().Faint(), s) }

// Bad is for failures.
func (p Palette) Bad(s string) string {
	return p.style(ansi.NewStyle().Bold().ForegroundColor(ansi.Red), s)
}

// Warn is for warnings and for what was cancelled.
func (p Palette) Warn(s string) string {
	return p.style(ansi.NewStyle().Bold().ForegroundColor(ansi.Yellow), s)
}

// Good is for what succeeded.
func (p Palette) Good(s string) string {
	return p.style(ansi.NewStyle().ForegroundColor(ansi.Green), s)
}

// Busy is for what is running.
func (p Palette) Busy(s string) string { return p.style(ansi.NewStyle().ForegroundColor(ansi.Cyan), s) }

// ClearScreen empties a terminal and goes to its upper left corner.
const ClearScreen = ansi.EraseEntireScreen + ansi.CursorHomePosition
