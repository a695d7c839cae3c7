package armjson

import (
	"fmt"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

func (p *parser) atEnd() bool { return p.pos.Byte >= len(p.src) }

// peek returns the next byte, or 0 at the end (a zero byte in the text was refused before the parser started).
func (p *parser) peek() byte { return p.peekAt(0) }

func (p *parser) peekAt(ahead int) byte {
	if i := p.pos.Byte + ahead; i < len(p.src) {
		return p.src[i]
	}
	return 0
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
	} else {
		p.pos.Column++
	}
	return r
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
	ahead := *p
	ahead.next()
	return diag.Range{File: p.file, Start: p.pos, End: ahead.pos}
}

// space steps over blanks and comments.
func (p *parser) space() {
	for !p.dead {
		switch c := p.peek(); {
		case c == ' ', c == '\t', c == '\n', c == '\r':
			p.next()
		case c == '/' && (p.peekAt(1) == '/' || p.peekAt(1) == '*'):
			p.comment()
		default:
			return
		}
	}
}

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
		p.fail(CodeNotClosed, r, "this comment is never closed", "", `end it with "*/"`)
		return
	}
	p.lenient(CodeComment, r, "the file has comments", "")
}

// lenient warns, once a kind, of something that Azure reads and strict JSON forbids.
func (p *parser) lenient(code diag.Code, at diag.Range, summary, fix string) {
	if p.loose || p.told[code] {
		return
	}
	if p.told == nil {
		p.told = map[diag.Code]bool{}
	}
	p.told[code] = true
	p.list.Add(diag.Diagnostic{
		Severity: diag.Warning, Code: code, Subject: at, Summary: summary,
		Why: "Azure and Ingot read it, strict JSON readers do not; said once a file", Fix: fix,
	})
}

// fail reports a syntax error that the parser cannot mend, and ends the reading.
func (p *parser) fail(code diag.Code, at diag.Range, summary, why, fix string) {
	if p.dead {
		return
	}
	p.dead = true
	p.list.Add(diag.Diagnostic{Severity: diag.Error, Code: code, Subject: at, Summary: summary, Why: why, Fix: fix})
}

// soft reports a syntax error after which the reading goes on, unless the first error is all that is wanted.
func (p *parser) soft(code diag.Code, at diag.Range, summary, why, fix string) {
	if p.loose {
		p.fail(code, at, summary, why, fix)
		return
	}
	p.list.Add(diag.Diagnostic{Severity: diag.Error, Code: code, Subject: at, Summary: summary, Why: why, Fix: fix})
}

// unexpected ends the reading because of the next code point.
func (p *parser) unexpected(wanted string) {
	if p.atEnd() {
		p.fail(CodeNotClosed, p.here(), "the file ends where "+wanted+" is wanted", "", "")
		return
	}
	r, _ := utf8.DecodeRune(p.src[p.pos.Byte:])
	fix := ""
	switch r {
	case '“', '”', '„', '‘', '’':
		fix = `write straight double quotes (") around names and texts`
	case '\u00a0', '\u200b', '\u2003', '\ufeff':
		fix = "replace it by an ordinary blank; it probably came with text copied from a web page"
	case ',':
		fix = "remove the extra comma"
	case '#':
		fix = "comments start with // here"
	}
	p.fail(CodeUnexpected, p.runeRange(), fmt.Sprintf("%s stands where %s is wanted", nameRune(r), wanted), "", fix)
}

// unexpectedAfterEnd reports text behind the document.
func (p *parser) unexpectedAfterEnd() {
	fix := "keep one JSON value in the file"
	if c := p.peek(); c == '}' || c == ']' {
		fix = "remove it, or look for a bracket that was closed too early"
	}
	p.fail(CodeTextAfterEnd, p.runeRange(), "there is more text after the end of the JSON value",
		fmt.Sprintf("the value ends at %d:%d", p.prev.End.Line, p.prev.End.Column), fix)
}

// nameRune shows a code point: printable ASCII as itself, others with their number, since they may be invisible.
func nameRune(r rune) string {
	if r > ' ' && r < utf8.RuneSelf && r != 0x7f {
		return fmt.Sprintf(`"%c"`, r)
	}
	return fmt.Sprintf("%q (%U)", r, r)
}
