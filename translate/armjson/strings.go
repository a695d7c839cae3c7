package armjson

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// closingQuote returns the offset of the quote that ends the string whose first quote is at start, or -1, and whether a
// line break comes before it.
func closingQuote(src []byte, start int) (end int, lines bool) {
	quote := src[start]
	for i := start + 1; i < len(src); i++ {
		switch src[i] {
		case quote:
			return i, lines
		case '\\':
			i++
			lines = lines || i < len(src) && src[i] == '\n'
		case '\n':
			lines = true
		}
	}
	return -1, lines
}

// closedOnLine reports whether the string that starts here is closed on the same line. A single quote may be an apostrophe.
func (p *parser) closedOnLine() bool {
	end, lines := closingQuote(p.src[:p.lineEnd(p.pos.Byte)], p.pos.Byte)
	return end >= 0 && !lines
}

// mayFollow reports whether what stands at an offset may stand directly behind a closing quote. Where the rules of JSON do
// not allow it there is another mistake then.
func (p *parser) mayFollow(offset int) bool {
	c := p.byteAt(offset)
	if c == '/' {
		next := p.byteAt(offset + 1)
		return next == '/' || next == '*'
	}
	return c <= ' ' || strings.IndexByte(",:=;}]", c) >= 0
}

// stringNode reads a string, in the place of a value or a name. One in single quotes is reported, and read too.
//
// A quote that is missing turns the rest of the file inside out. It is noticed by what follows the string: a letter, say,
// which is then the start of the next text. Since a string seldom runs over several lines, it is ended on its first line
// then.
func (p *parser) stringNode(name bool) *Node {
	start := p.pos.Byte
	quote := p.src[start]
	end, lines := closingQuote(p.src, start)
	fits := end >= 0 && p.mayFollow(end+1)
	switch {
	case fits || p.loose && end >= 0:
	case p.loose:
		p.fail(CodeNotClosed, p.runeRange(), "this string is never closed", "", fmt.Sprintf("end it with %c", quote))
		return p.node(String, p.pos)
	case end < 0 || lines:
		return p.unclosedString(name, p.lineEnd(start))
	default:
		content := p.text[start+1 : end]
		inner, followedBy := p.innerQuotes(end, name)
		switch {
		case name && strings.ContainsRune(content, ':'), followedBy == ':' && !name:
			return p.unclosedString(name, end)
		case followedBy != 0:
			return p.stringWithQuotes(end, inner)
		}
	}
	return p.stringUpTo(end)
}

// stringUpTo reads a string whose closing quote is at end.
func (p *parser) stringUpTo(end int) *Node {
	open := p.pos
	quote := p.peek()
	p.pos.Byte++
	p.pos.Column++
	var text string
	plain := true
	if raw := p.text[p.pos.Byte:end]; !needsCare(raw) {
		text = raw
		p.advanceTo(end)
	} else {
		text, plain = p.decode(end)
	}
	p.pos.Byte++
	p.pos.Column++
	p.prev = p.from(open)
	n := p.node(String, open)
	n.Text, n.plain = text, plain && !p.loose
	if quote != '"' && !p.loose {
		found, last := len(p.list), n.Range
		p.soft(CodeBadString, n.Range, "this string is in single quotes", "JSON knows double quotes only", `write "…"`)
		if first := last; !strings.Contains(p.text[open.Byte:end], `"`) {
			first.End = first.Start
			first.End.Byte, first.End.Column = first.End.Byte+1, first.End.Column+1
			last.Start = last.End
			last.Start.Byte, last.Start.Column = last.Start.Byte-1, last.Start.Column-1
			p.mend(found, first, `"`)
			p.mend(found, last, `"`)
		}
	}
	return n
}

// needsCare reports whether a string has escapes or control characters.
func needsCare(raw string) bool {
	for i := range len(raw) {
		if raw[i] < ' ' || raw[i] == '\\' {
			return true
		}
	}
	return false
}

// decode reads the inside of a string up to the offset end. plain is false when places inside the text cannot be told from
// it alone.
func (p *parser) decode(end int) (text string, plain bool) {
	var b strings.Builder
	b.Grow(end - p.pos.Byte)
	plain = true
	for p.pos.Byte < end && !p.stopped {
		switch c := p.peek(); {
		case c == '\\':
			plain = false
			p.escape(&b)
		case c < ' ':
			plain = plain && c != '\n'
			p.lenient(CodeMultiLine, p.runeRange(), "this string holds a raw "+controlName(c), `write \n, \r or \t`)
			b.WriteRune(p.next())
		default:
			b.WriteRune(p.next())
		}
	}
	return b.String(), plain
}

// unclosedString reports a string without closing quote. Its text runs to the offset limit at most: a comma and closing
// brackets at its end are no part of it, nor is a colon and what follows it part of a name.
func (p *parser) unclosedString(name bool, limit int) *Node {
	open := p.pos
	content := p.text[open.Byte+1 : limit]
	if name {
		if i := strings.IndexByte(content, ':'); i >= 0 {
			content = content[:i]
		}
	}
	content = strings.TrimRight(content, " \t\r")
	if rest := strings.TrimLeft(content, " \t"); name && rest == "" || !name && (rest == "{" || rest == "[") {
		p.soft(CodeBadString, p.token(), "this quote opens no text", "", "remove it, or write the text")
		if p.mended = true; name {
			return p.node(String, open)
		}
		p.space()
		return p.value()
	}
	content = strings.TrimRight(strings.TrimSuffix(content, ","), " \t\r")
	content = content[:len(content)-p.closersBehind(content)]
	p.advanceTo(open.Byte + 1 + len(content))
	p.prev = p.from(open)
	n := p.node(String, open)
	n.Text = content
	p.mended = true
	why, fix := "", `write " at its end`
	if strings.HasSuffix(content, `\"`) {
		why, fix = `\" at its end is a quote inside the text`, `write \\ for a backslash: \\"`
	}
	p.soft(CodeNotClosed, p.prev, "this string is never closed", why, fix)
	return n
}

// closersBehind returns the length of the closing brackets at the end of a text that close what is open around it, and not
// what the text opens itself, with the blanks before them.
func (p *parser) closersBehind(text string) int {
	from := len(strings.TrimRight(text, " \t]}"))
	for ; from < len(text); from++ {
		own := text[:from]
		if p.closes(text[from:]) &&
			strings.Count(own, "[") <= strings.Count(own, "]") && strings.Count(own, "{") <= strings.Count(own, "}") {
			return len(text) - from
		}
	}
	return 0
}

// closes reports whether a run of closing brackets fits the brackets that are open.
func (p *parser) closes(run string) bool {
	i := len(p.open)
	for _, c := range []byte(run) {
		if c != ']' && c != '}' {
			continue
		}
		if i--; i < 0 || p.open[i].closer() != c {
			return false
		}
	}
	return i < len(p.open)
}

// innerQuotes looks, on the same line, for the quote that ends a string in which the quote at offset is one too many: the
// first with something behind it that may follow a string. followedBy is what it is, a line break counting as a comma, or
// 0.
func (p *parser) innerQuotes(offset int, name bool) (end int, followedBy byte) {
	line := p.lineEnd(offset)
	for i := offset + 1; i < line; i++ {
		switch p.src[i] {
		case '\\':
			i = p.escaped(i)
		case '"':
			at, newLine := p.afterBlanks(i + 1)
			c := p.byteAt(at)
			switch {
			case c == ':':
				return i, c
			case !name && (newLine || c == ',' || c == ']' || c == '}'):
				return i, ','
			}
		}
	}
	return 0, 0
}

// stringWithQuotes reads a string up to the offset end in which quotes stand that are not escaped, the first at inner.
func (p *parser) stringWithQuotes(inner, end int) *Node {
	open := p.pos
	p.advanceTo(inner)
	at := p.token()
	p.advanceTo(end + 1)
	p.prev = p.from(open)
	n := p.node(String, open)
	n.Text = p.text[open.Byte+1 : end]
	p.soft(CodeBadString, at, "a quote stands inside this string",
		fmt.Sprintf("the string starts at %d:%d", open.Line, open.Column), `write \" for a quote inside a text, or ' where the text allows it`)
	return n
}

// curlyQuote reports whether r is a quote as word processors write them.
func curlyQuote(r rune) bool { return strings.ContainsRune("“”„‘’‚", r) }

// curlyString reads a text in curly quotes, and reports it. The result is nil when it does not end on the same line.
func (p *parser) curlyString() *Node {
	open := p.pos
	first := p.peekRune()
	from := open.Byte + utf8.RuneLen(first)
	quotes := "“”\""
	if strings.ContainsRune("‘’‚", first) {
		quotes = "‘’'"
	}
	content := p.text[from:p.lineEnd(from)]
	i := strings.IndexAny(content, quotes)
	if i < 0 {
		return nil
	}
	p.advanceTo(from + i)
	p.next()
	p.prev = p.from(open)
	n := p.node(String, open)
	n.Text = content[:i]
	p.soft(CodeBadString, p.prev, "this text is in curly quotes", "", `write straight double quotes (")`)
	return n
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
			if r == utf8.RuneError && !p.loose {
				p.halfCharacter(p.from(start))
			}
			return
		}
	} else if !p.atEnd() && c != '\n' {
		p.next()
	}
	r := p.from(start)
	written := string(p.src[start.Byte:p.pos.Byte])
	text.WriteString(written)
	p.soft(CodeBadString, r, fmt.Sprintf("%s is not an escape that JSON has", shorten(written)),
		`the escapes are \" \\ \/ \b \f \n \r \t and \uXXXX`, `write \\ for one backslash`)
}

// halfCharacter warns of an escape that stands for half a character.
func (p *parser) halfCharacter(at diag.Range) {
	written := p.text[at.Start.Byte:at.End.Byte]
	if strings.EqualFold(written, `\ufffd`) {
		return
	}
	p.once(diag.Warning, CodeHalfCharacter, at, written+" is half a character",
		"it is one of a surrogate pair, and the other is not there; it is read as U+FFFD; said once a file",
		"write both, or the character itself")
}

// unicodeEscape reads uXXXX, or a surrogate pair uXXXX\uXXXX. A surrogate without its other half is read as U+FFFD, as the
// service does. ok is false when there are no four digits.
func (p *parser) unicodeEscape() (r rune, ok bool) {
	p.next()
	r, ok = p.hex4()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if p.peek() != '\\' || p.peekAt(1) != 'u' {
		return utf8.RuneError, true
	}
	before := p.pos
	p.next()
	p.next()
	low, ok := p.hex4()
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		p.pos = before // the second half is judged on its own
		return utf8.RuneError, true
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
