package armjson

import (
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// Within gives the place of text[from:to] (byte offsets) in the string that stands at r in src, the whole file, also where that
// has escapes or runs over several lines. When what stands there does not read as text, as with an expression that came to
// it, the place is r.
func Within(src []byte, r diag.Range, text string, from, to int) diag.Range {
	if from < 0 || to < from || to > len(text) || r.Start.Byte < 0 || r.End.Byte > len(src) || r.End.Byte-r.Start.Byte < 2 {
		return r
	}
	p := &parser{src: src[:r.End.Byte], file: r.File, pos: r.Start, loose: true}
	quote := p.peek()
	if quote != '"' && quote != '\'' {
		return r
	}
	p.next()
	start := p.pos
	for at := 0; at < to; {
		if p.atEnd() || p.peek() == quote {
			return r
		}
		var piece strings.Builder
		if p.peek() == '\\' {
			p.escape(&piece)
		} else {
			piece.WriteRune(p.next())
		}
		if len(p.list) > 0 || !strings.HasPrefix(text[at:], piece.String()) {
			return r
		}
		if at += piece.Len(); at <= from {
			start = p.pos
		}
	}
	return diag.Range{File: r.File, Start: start, End: p.pos}
}
