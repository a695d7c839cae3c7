package lsp

import (
	"sort"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// text is a text with the places where its lines start, to get from byte offsets to positions of the protocol and back. Lines end
// with LF, CR LF or CR.
type text struct {
	data   []byte
	starts []int // byte offsets; the first is 0
}

func newText(data []byte) text {
	t := text{data, []int{0}}
	for i, b := range data {
		if b == '\n' || b == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
			t.starts = append(t.starts, i+1)
		}
	}
	return t
}

// position gives the place of a byte offset. One outside the text is moved to the nearest place in it, one inside a character or a
// line break to the start of that.
func (t text) position(offset int) Position {
	offset = min(max(offset, 0), len(t.data))
	line := sort.SearchInts(t.starts, offset+1) - 1
	offset = min(offset, t.end(line))
	units := 0
	for i := t.starts[line]; i < offset; {
		r, size := utf8.DecodeRune(t.data[i:])
		if i += size; i > offset {
			break
		}
		units += width(r)
	}
	return Position{line, units}
}

// offset gives the byte offset of a position. As the protocol asks, one behind the end of a line is that end.
func (t text) offset(p Position) int {
	switch {
	case p.Line < 0:
		return 0
	case p.Line >= len(t.starts):
		return len(t.data)
	}
	i, end := t.starts[p.Line], t.end(p.Line)
	for units := p.Character; i < end; {
		r, size := utf8.DecodeRune(t.data[i:])
		if units -= width(r); units < 0 {
			break
		}
		i += size
	}
	return i
}

// end is where a line ends, before its line break.
func (t text) end(line int) int {
	if line+1 == len(t.starts) {
		return len(t.data)
	}
	end := t.starts[line+1] - 1
	if end > t.starts[line] && t.data[end] == '\n' && t.data[end-1] == '\r' {
		end--
	}
	return end
}

// span gives a stretch of the text.
func (t text) span(from, to int) Range { return Range{t.position(from), t.position(to)} }

// of gives a range of this text.
func (t text) of(r diag.Range) Range { return t.span(r.Start.Byte, r.End.Byte) }

// width is how many UTF-16 code units a character takes.
func width(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
