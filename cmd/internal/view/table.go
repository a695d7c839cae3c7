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
