package edit

import (
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// Settle holds the edits of findings against the texts of the files, by name, and makes plain ones of them. A finding with an edit
// that expects something else than what stands there loses them all: what it is about came out of an expression.
func Settle(list diag.List, files map[string][]byte) {
	for i := range list {
		d := &list[i]
		settled := make([]diag.Edit, 0, len(d.Edits))
		for _, e := range d.Edits {
			if e, ok := settle(e, files[e.Range.File]); ok {
				settled = append(settled, e)
			}
		}
		if len(settled) < len(d.Edits) {
			settled = nil
		}
		if d.Edits != nil {
			d.Edits = settled
		}
	}
}

func settle(e diag.Edit, src []byte) (diag.Edit, bool) {
	start, end := e.Range.Start.Byte, e.Range.End.Byte
	if start < 0 || end < start || end > len(src) || e.Old != "" && string(src[start:end]) != e.Old {
		return e, false
	}
	e.Old = ""
	if e.Entry {
		e.Entry = false
		return withComma(e, string(src))
	}
	return e, true
}

const blanks = " \t\r\n"

// withComma widens the place of a member or element to its comma, and to the blanks between that and the next one; the last one goes
// with the comma before it. Comments stay. ok is false where a comment stands in the way.
func withComma(e diag.Edit, src string) (diag.Edit, bool) {
	after := strings.TrimLeft(src[e.Range.End.Byte:], blanks)
	switch {
	case strings.HasPrefix(after, ","):
		rest := after[1:]
		next := strings.TrimLeft(rest, blanks)
		if strings.HasPrefix(next, "}") || strings.HasPrefix(next, "]") {
			next = rest // a comma that should not be there; the blanks belong to the bracket
		} else if strings.HasPrefix(next, "/") && !strings.Contains(rest[:len(rest)-len(next)], "\n") {
			next = rest // a comment about the one that goes, on the same line
		}
		e.Range.End = moved(e.Range.End, src, len(src)-len(next))
		return e, true
	case strings.HasPrefix(after, "}"), strings.HasPrefix(after, "]"):
		before := strings.TrimRight(src[:e.Range.Start.Byte], blanks)
		switch {
		case strings.HasSuffix(before, ","):
			e.Range.Start = back(e.Range.Start, src, len(before)-1)
			return e, true
		case strings.HasSuffix(before, "{"), strings.HasSuffix(before, "["):
			return e, true
		}
	}
	return e, false
}

// moved gives the place of a later offset in src.
func moved(p diag.Pos, src string, to int) diag.Pos {
	for _, r := range src[p.Byte:to] {
		if p.Column++; r == '\n' {
			p.Line, p.Column = p.Line+1, 1
		}
	}
	p.Byte = to
	return p
}

// back gives the place of an earlier offset in src.
func back(p diag.Pos, src string, to int) diag.Pos {
	p.Line -= strings.Count(src[to:p.Byte], "\n")
	p.Column = 1 + len([]rune(src[strings.LastIndexByte(src[:to], '\n')+1:to]))
	p.Byte = to
	return p
}
