package lsp

import (
	"sort"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// text is a text with what it takes to get from byte offsets to positions of the protocol and back. Lines end with LF, CR LF or CR.
type text struct {
	data   []byte
	starts []int  // byte offsets of the lines; the first is 0
	marks  []mark // about one in markEvery bytes, so that a line of megabytes is not counted through again and again
}

// mark is a place between characters, in bytes and in UTF-16 code units from the start of the text.
type mark struct{ bytes, units int }

const markEvery = 1 << 10

func newText(data []byte) text {
	t := text{data, []int{0}, []mark{{}}}
	units := 0
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		next := i + size
		if r == '\n' || r == '\r' && (next == len(data) || data[next] != '\n') {
			t.starts = append(t.starts, next)
		}
		units += width(r)
		if next-t.marks[len(t.marks)-1].bytes >= markEvery {
			t.marks = append(t.marks, mark{next, units})
		}
		i = next
	}
	return t
}

// position gives the place of a byte offset. One outside the text is moved to the nearest place in it, one inside a character or a
// line break to the start of that.
func (t text) position(offset int) Position {
	offset = min(max(offset, 0), len(t.data))
	line := sort.SearchInts(t.starts, offset+1) - 1
	offset = min(offset, t.end(line))
	return Position{line, t.units(offset) - t.units(t.starts[line])}
}

// offset gives the byte offset of a position. As the protocol asks, one behind the end of a line is that end.
func (t text) offset(p Position) int {
	switch {
	case p.Line < 0:
		return 0
	case p.Line >= len(t.starts):
		return len(t.data)
	}
	start, end := t.starts[p.Line], t.end(p.Line)
	if p.Character <= 0 {
		return start
	}
	wanted := t.units(start) + min(p.Character, end-start) // a unit takes a byte or more
	n := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].units > wanted })
	at := t.marks[n-1]
	for at.bytes < end {
		r, size := utf8.DecodeRune(t.data[at.bytes:])
		if at.units += width(r); at.units > wanted {
			break
		}
		at.bytes += size
	}
	return min(at.bytes, end)
}

// units counts the UTF-16 code units before a byte offset.
func (t text) units(offset int) int {
	n := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].bytes > offset })
	at := t.marks[n-1]
	for at.bytes < offset {
		r, size := utf8.DecodeRune(t.data[at.bytes:])
		if at.bytes += size; at.bytes > offset {
			break
		}
		at.units += width(r)
	}
	return at.units
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
