package armjson

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

func (p *parser) atEnd() bool { return p.pos.Byte >= len(p.src) }

// peek returns the next byte, or 0 at the end (a zero byte in the text was refused before the parser started).
func (p *parser) peek() byte { return p.peekAt(0) }

func (p *parser) peekAt(ahead int) byte { return p.byteAt(p.pos.Byte + ahead) }

func (p *parser) byteAt(offset int) byte {
	if offset < len(p.src) {
		return p.src[offset]
	}
	return 0
}

// peekRune returns the next code point, or utf8.RuneError at the end.
func (p *parser) peekRune() rune {
	r, _ := utf8.DecodeRune(p.src[p.pos.Byte:])
	return r
}

// next steps over one code point.
func (p *parser) next() rune {
	r, size := utf8.DecodeRune(p.src[p.pos.Byte:])
	if size == 0 {
		return 0
	}
	p.pos.Byte += size
	if r == '\n' {
		p.pos.Line++
		p.pos.Column = 1
		p.line = p.pos.Byte
	} else {
		p.pos.Column++
	}
	return r
}

// advanceTo steps forward to a byte offset that starts a code point, or is the first byte of a broken one.
func (p *parser) advanceTo(offset int) {
	for p.pos.Byte < offset {
		if c := p.src[p.pos.Byte]; c != '\n' && c < utf8.RuneSelf {
			p.pos.Byte++
			p.pos.Column++
			continue
		}
		p.next()
	}
}

// token steps over one code point that is a token of its own and returns its place.
func (p *parser) token() diag.Range {
	start := p.pos
	p.next()
	p.prev = p.from(start)
	return p.prev
}

// from gives the range from start to the present place.
func (p *parser) from(start diag.Pos) diag.Range {
	return diag.Range{File: p.file, Start: start, End: p.pos}
}

func (p *parser) here() diag.Range { return p.from(p.pos) }

// runeRange is the place of the next code point; empty at the end.
func (p *parser) runeRange() diag.Range {
	start := p.mark()
	p.next()
	r := p.from(start.pos)
	p.reset(start)
	return r
}

// mark is a place to go back to.
type mark struct {
	pos  diag.Pos
	line int
	prev diag.Range
}

func (p *parser) mark() mark { return mark{p.pos, p.line, p.prev} }

func (p *parser) reset(m mark) { p.pos, p.line, p.prev = m.pos, m.line, m.prev }

// top is the innermost bracket that is open. There must be one.
func (p *parser) top() bracket { return p.open[len(p.open)-1] }

// space steps over blanks and comments.
func (p *parser) space() {
	for !p.stopped {
		switch c := p.peek(); {
		case c == ' ', c == '\t', c == '\r':
			p.pos.Byte++
			p.pos.Column++
		case c == '\n':
			p.next()
		case c == '/' && (p.peekAt(1) == '/' || p.peekAt(1) == '*'):
			p.comment()
		case c == '#' && p.peekAt(1) != '{' && p.peekAt(1) != '/' && !p.loose: // else a placeholder, or a reference
			start := p.pos
			p.advanceTo(p.lineEnd(p.pos.Byte))
			p.once(diag.Error, CodeUnexpected, p.from(start), `a comment starts with "#"`, "",
				"comments start with // here; said once a file")
		case c == '\v', c == '\f', c >= utf8.RuneSelf:
			if !oddBlank(p.peekRune()) {
				return
			}
			at := p.token()
			if !p.loose {
				p.once(diag.Error, CodeUnexpected, at, nameRune([]rune(p.text[at.Start.Byte:at.End.Byte])[0])+" is no blank of JSON", "",
					"replace it by an ordinary blank; it probably came with text copied from a web page; said once a file")
			}
		default:
			return
		}
	}
}

// oddBlank reports whether r looks like a blank, or like nothing, and is none of the four that JSON has.
func oddBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }

func (p *parser) comment() {
	start := p.pos
	p.next()
	block := p.next() == '*'
	for !p.atEnd() {
		if !block && p.peek() == '\n' {
			break
		}
		if block && p.peek() == '*' && p.peekAt(1) == '/' {
			p.next()
			p.next()
			block = false
			break
		}
		p.next()
	}
	r := p.from(start)
	if block {
		r.End = r.Start
		r.End.Byte, r.End.Column = r.End.Byte+2, r.End.Column+2
		p.fail(CodeNotClosed, r, "this comment is never closed", "", `end it with "*/"`)
		return
	}
	p.lenient(CodeComment, r, "the file has comments", "")
}

// lineEnd returns the offset where the line of the byte at offset ends, before its line break.
func (p *parser) lineEnd(offset int) int {
	for offset < len(p.src) && p.src[offset] != '\n' {
		offset++
	}
	if offset > 0 && offset < len(p.src) && p.src[offset-1] == '\r' {
		offset--
	}
	return offset
}

// escaped returns the offset of the quote or backslash that the backslash at an offset makes harmless, or else that of the
// backslash.
func (p *parser) escaped(offset int) int {
	if next := p.byteAt(offset + 1); next == '"' || next == '\\' {
		return offset + 1
	}
	return offset
}

// afterBlanks returns the offset of the first byte from offset on that is no blank, and whether a line break was passed.
func (p *parser) afterBlanks(offset int) (at int, newLine bool) {
	for ; offset < len(p.src); offset++ {
		switch p.src[offset] {
		case ' ', '\t', '\r':
		case '\n':
			newLine = true
		default:
			return offset, newLine
		}
	}
	return offset, true
}

// nameRune shows a code point: printable ASCII as itself, others with their number, since they may be invisible.
func nameRune(r rune) string {
	if r > ' ' && r < utf8.RuneSelf && r != 0x7f {
		return fmt.Sprintf(`"%c"`, r)
	}
	return fmt.Sprintf("%q (%U)", r, r)
}
