package view

import (
	"io"
	"strings"
)

// Fields writes what is known of one thing: a name and a value on each line. A row without a value is left out; the further lines
// of a value stand below its first.
func Fields(w io.Writer, p Palette, rows [][]string) error {
	width := 0
	for _, row := range rows {
		if row[1] != "" {
			width = max(width, len(row[0]))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		if row[1] == "" {
			continue
		}
		name := row[0] + strings.Repeat(" ", width-len(row[0]))
		for _, line := range Block(row[1]) {
			b.WriteString(p.Faint(name) + "  " + line + "\n")
			name = strings.Repeat(" ", width)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
