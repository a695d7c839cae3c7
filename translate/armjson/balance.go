package armjson

import (
	"strings"
)

// window is how many bytes ahead brackets are matched to choose among ways to mend a mistake.
const window = 64 << 10

// reach tells how well the text from an offset on fits behind brackets that are open: it returns the offset of the first
// bracket, or colon, that does not fit, and more than the length of the text when all fits. It looks no further than
// window.
func (p *parser) reach(open []bracket, from int) int {
	limit := min(from+window, len(p.src))
	kinds := make([]Kind, 0, maxDepth)
	for _, b := range open {
		kinds = append(kinds, b.kind)
	}
	for i := from; i < limit; i++ {
		c := p.src[i]
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			continue
		}
		if c == '/' && (p.byteAt(i+1) == '/' || p.byteAt(i+1) == '*') {
			if i = p.commentEnd(i) - 1; i < 0 {
				return len(p.src)
			}
			continue
		}
		if len(kinds) == 0 {
			return i // text behind the end
		}
		inner := kinds[len(kinds)-1]
		switch c {
		case '"':
			if i, _ = closingQuote(p.src, i); i < 0 {
				return len(p.src)
			}
		case '{', '[':
			if len(kinds) == maxDepth {
				return i
			}
			kind := Array
			if c == '{' {
				kind = Object
			}
			kinds = append(kinds, kind)
		case '}', ']':
			if c != (bracket{kind: inner}).closer() {
				return i
			}
			kinds = kinds[:len(kinds)-1]
		case ':':
			if inner != Object {
				return i
			}
		}
	}
	switch {
	case limit < len(p.src):
		return limit
	case len(kinds) == 0:
		return len(p.src) + 1
	default:
		return len(p.src)
	}
}

// commentEnd returns the offset behind the comment that starts at offset, or -1 when it has no end.
func (p *parser) commentEnd(offset int) int {
	if p.byteAt(offset+1) == '/' {
		return p.lineEnd(offset)
	}
	if i := strings.Index(p.text[offset+2:], "*/"); i >= 0 {
		return offset + 2 + i + 2
	}
	return -1
}
