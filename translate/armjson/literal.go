package armjson

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/ingot-build/ingot/translate/diag"
)

// numberForm is the grammar of RFC 8259 section 6.
var numberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// number reads a number. It takes in all that could belong to one, so that "1.2.3" gives one finding and not three.
func (p *parser) number() *Node {
	start := p.pos
	for c := p.peek(); strings.IndexByte("+-.", c) >= 0 && c != 0 || c >= '0' && c <= '9' || wordByte(c); c = p.peek() {
		p.next()
	}
	p.prev = p.from(start)
	n := &Node{Kind: Number, Range: p.prev, Text: string(p.src[start.Byte:p.pos.Byte])}
	if !numberForm.MatchString(n.Text) {
		p.soft(CodeBadLiteral, n.Range, fmt.Sprintf("%s is not a number that JSON has", n.Text), "",
			"write a plain decimal number, or put it in double quotes if it is a text")
		n.Text = "0"
	}
	return n
}

// word reads true, false or null; another bare word is reported and read as null.
func (p *parser) word() *Node {
	start := p.pos
	for c := p.peek(); wordByte(c) || c >= '0' && c <= '9' || c == '.' || c == '-'; c = p.peek() {
		p.next()
	}
	p.prev = p.from(start)
	n := &Node{Kind: Null, Range: p.prev}
	switch text := string(p.src[start.Byte:p.pos.Byte]); text {
	case "null":
	case "true", "false":
		n.Kind, n.Bool = Bool, text == "true"
	default:
		fix := "put it in double quotes if it is a text"
		if near := diag.Near(text, []string{"true", "false", "null"}); near != "" {
			fix = "write " + near
		} else if text == "None" || text == "nil" || text == "undefined" {
			fix = "write null, or leave the property out"
		}
		p.soft(CodeBadLiteral, n.Range, fmt.Sprintf("%s is not a value that JSON has", text),
			"the bare words of JSON are true, false and null", fix)
	}
	return n
}

// stringNode reads a string in double quotes. One in single quotes is reported, and read too.
func (p *parser) stringNode() *Node {
	open := p.runeRange()
	quote := p.peek()
	p.next()
	n := &Node{Kind: String, plain: true}
	var text strings.Builder
	for {
		switch c := p.peek(); {
		case p.atEnd():
			p.prev = p.from(open.Start)
			n.Range, n.Text, n.plain = p.prev, text.String(), false
			p.fail(CodeNotClosed, open, "this string is never closed", "", fmt.Sprintf("end it with %c", quote))
			return n
		case c == quote:
			p.next()
			p.prev = p.from(open.Start)
			n.Range, n.Text = p.prev, text.String()
			if quote != '"' && !p.loose {
				p.soft(CodeBadString, n.Range, "this string is in single quotes", "JSON knows double quotes only", `write "…"`)
			}
			return n
		case c == '\\':
			n.plain = false
			p.escape(&text)
		case c < ' ':
			n.plain = n.plain && c != '\n'
			p.lenient(CodeMultiLine, p.runeRange(), "this string holds a raw "+controlName(c), `write \n, \r or \t`)
			text.WriteRune(p.next())
		default:
			text.WriteRune(p.next())
		}
	}
}

func controlName(c byte) string {
	switch c {
	case '\n', '\r':
		return "line break"
	case '\t':
		return "tab"
	default:
		return fmt.Sprintf("control character (U+%04X)", c)
	}
}

// escape reads one backslash sequence into text. An unknown one is reported and kept as written.
func (p *parser) escape(text *strings.Builder) {
	start := p.pos
	p.next()
	const plain = `"\/bfnrt`
	c := p.peek()
	if c == '\'' && p.loose {
		text.WriteRune(p.next())
		return
	}
	if i := strings.IndexByte(plain, c); i >= 0 && c != 0 {
		p.next()
		text.WriteByte("\"\\/\b\f\n\r\t"[i])
		return
	}
	if c == 'u' {
		if r, ok := p.unicodeEscape(); ok {
			text.WriteRune(r)
			return
		}
	} else if !p.atEnd() && c != '\n' {
		p.next()
	}
	r := p.from(start)
	written := string(p.src[start.Byte:p.pos.Byte])
	text.WriteString(written)
	p.soft(CodeBadString, r, fmt.Sprintf("%s is not an escape that JSON has", written),
		`the escapes are \" \\ \/ \b \f \n \r \t and \uXXXX`, `write \\ for one backslash`)
}

// unicodeEscape reads uXXXX, or a surrogate pair uXXXX\uXXXX. A surrogate without its other half is not text: ok is false.
func (p *parser) unicodeEscape() (r rune, ok bool) {
	p.next()
	r, ok = p.hex4()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if p.peek() != '\\' || p.peekAt(1) != 'u' {
		return 0, false
	}
	before := p.pos
	p.next()
	p.next()
	low, ok := p.hex4()
	if r = utf16.DecodeRune(r, low); !ok || r == '\uFFFD' {
		p.pos = before // the second half is judged on its own
		return 0, false
	}
	return r, true
}

func (p *parser) hex4() (rune, bool) {
	var r rune
	for range 4 {
		i := strings.IndexByte("0123456789abcdef", p.peek()|0x20)
		if i < 0 || p.peek() < '0' {
			return 0, false
		}
		r = r<<4 | rune(i)
		p.next()
	}
	return r, true
}
