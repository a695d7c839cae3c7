package powershell

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// peek returns the byte at an offset from the current one; 0 beyond the end.
func (p *parser) peek(n int) byte {
	if p.i+n < len(p.s) {
		return p.s[p.i+n]
	}
	return 0
}

func (p *parser) end() bool { return p.i >= len(p.s) }

// special gives what the character at an offset means to PowerShell, which takes typographic quotes, dashes and spaces
// for plain ones: that plain one, or else the byte itself, and how long it is.
func (p *parser) special(i int) (as byte, width int) {
	if i >= len(p.s) {
		return 0, 0
	}
	c := p.s[i]
	if c < utf8.RuneSelf {
		if c == '\t' || c == '\v' || c == '\f' {
			return ' ', 1
		}
		return c, 1
	}
	r, width := utf8.DecodeRuneInString(p.s[i:])
	switch {
	case r >= 0x2018 && r <= 0x201b:
		return '\'', width
	case r >= 0x201c && r <= 0x201e:
		return '"', width
	case r >= 0x2013 && r <= 0x2015:
		return '-', width
	case r == 0xa0 || r == 0x85:
		return ' ', width
	case p.legacy && (r == 0x91 || r == 0x92): // the text holds the bytes of Windows-1252 as they are
		return '\'', width
	case p.legacy && (r == 0x93 || r == 0x94):
		return '"', width
	case p.legacy && (r == 0x96 || r == 0x97):
		return '-', width
	}
	return c, width
}

// newline returns the length of a line end at an offset; 0 if there is none.
func (p *parser) newline(i int) int {
	switch {
	case i >= len(p.s):
		return 0
	case p.s[i] == '\n':
		return 1
	case p.s[i] == '\r' && i+1 < len(p.s) && p.s[i+1] == '\n':
		return 2
	case p.s[i] == '\r':
		return 1
	}
	return 0
}

// spaces skips what separates two words of a line: spaces, comments, a line end after a backtick. It reports whether
// there was anything.
func (p *parser) spaces() bool {
	start := p.i
	for !p.end() {
		c, width := p.special(p.i)
		switch {
		case c == ' ':
			p.i += width
		case c == '`' && p.newline(p.i+1) > 0:
			p.i += 1 + p.newline(p.i+1)
		case c == '#':
			p.comment()
		case c == '<' && p.peek(1) == '#':
			p.blockComment()
		default:
			return p.i > start
		}
	}
	return p.i > start
}

// blank skips what separates two statements, or two words where a line may end: spaces, and line ends. Semicolons only
// if asked.
func (p *parser) blank(semicolons bool) {
	for {
		p.spaces()
		if n := p.newline(p.i); n > 0 {
			p.i += n
		} else if semicolons && p.peek(0) == ';' {
			p.i++
		} else {
			return
		}
	}
}

// comment skips to the end of the line.
func (p *parser) comment() {
	start := p.i
	if n := strings.IndexAny(p.s[p.i:], "\r\n"); n >= 0 {
		p.i += n
	} else {
		p.i = len(p.s)
	}
	p.f.Comments = append(p.f.Comments, Span{start, p.i})
}

func (p *parser) blockComment() {
	start := p.i
	n := strings.Index(p.s[p.i+2:], "#>")
	if n < 0 {
		p.mistake(Span{start, start + 2}, `the comment "<#" is never closed by "#>"`)
		return
	}
	p.i += 2 + n + 2
	p.f.Comments = append(p.f.Comments, Span{start, p.i})
}

// letter reports whether a name can start with a character, as special gives it. Of a wider one that is its first byte.
func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}
func digit(c byte) bool { return c >= '0' && c <= '9' }

// named returns the length of the character at an offset if a name can have it; else 0.
func (p *parser) named(i int) int {
	if i >= len(p.s) {
		return 0
	}
	if c := p.s[i]; c < utf8.RuneSelf {
		if letter(c) || digit(c) {
			return 1
		}
		return 0
	}
	r, width := utf8.DecodeRuneInString(p.s[i:])
	if unicode.IsLetter(r) || unicode.Is(unicode.Nd, r) {
		return width
	}
	return 0
}
