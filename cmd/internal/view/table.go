package view

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Table writes rows in columns, each as wide as its widest cell, under a header. The last column is not padded.
func Table(w io.Writer, p Palette, header []string, rows [][]string) error {
	width := make([]int, len(header))
	clean := make([][]string, 0, len(rows)+1)
	for _, row := range append([][]string{header}, rows...) {
		line := make([]string, len(row))
		for i, cell := range row {
			line[i] = Line(cell)
			width[i] = max(width[i], ansi.StringWidth(line[i]))
		}
		clean = append(clean, line)
	}
	var b strings.Builder
	for n, row := range clean {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", width[i]-ansi.StringWidth(cell)+2))
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			text = p.Faint(text)
		}
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Check writes one line of a check list, and below it why it is not well and what mends it. Status comes styled.
func Check(b *strings.Builder, p Palette, status, name, found, why, fix string) {
	pad := func(s string, width int) string { return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s))) }
	b.WriteString(pad(status, 8) + " " + pad(name, 16) + " " + Line(found) + "\n")
	for _, part := range []struct{ label, text string }{{"why", why}, {"fix", fix}} {
		if part.text == "" {
			continue
		}
		head := pad(part.label+":", 5)
		for _, l := range Block(part.text) {
			b.WriteString(strings.Repeat(" ", 26) + p.Faint(head) + l + "\n")
			head = pad("", 5)
		}
	}
}
