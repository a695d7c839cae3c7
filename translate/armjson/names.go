package armjson

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const wantedName = `a property name in double quotes, or "}"`

// name reads a property name. base is where the members of this object start in p.members.
func (p *parser) name(base int) (key *Node, ok bool) {
	switch c := p.peek(); {
	case c == '"', c == '\'' && (p.loose || p.closedOnLine()):
		p.inName = true
		key = p.stringNode(true)
		p.inName = false
		return key, !p.stopped && !(p.mended && key.Text == "")
	case p.nameEnd() > 0:
		start, end := p.pos, p.nameEnd()
		p.advanceTo(end + 1)
		p.prev = p.from(start)
		p.key = Node{Kind: String, Range: p.prev}
		key = &p.key
		key.Text = p.text[start.Byte:end]
		p.soft(CodeBadString, p.prev, "the opening quote of this property name is missing", "", `write " before it`)
		return key, true
	case c == '{', c == '[':
		p.valueWithoutName(base)
		return nil, false
	case curlyQuote(p.peekRune()):
		p.inName = true
		key = p.curlyString()
		p.inName = false
		if key != nil {
			return key, true
		}
	}
	if end := p.bareName(); end > 0 {
		start := p.pos
		p.advanceTo(end)
		p.prev = p.from(start)
		p.key = Node{Kind: String, Range: p.prev}
		key = &p.key
		key.Text = p.text[start.Byte:end]
		if !p.loose {
			p.soft(CodeBadString, p.prev, fmt.Sprintf("property name %s is not in double quotes", shorten(key.Text)), "",
				fmt.Sprintf(`write "%s"`, shorten(key.Text)))
		}
		return key, true
	}
	if start := p.pos.Byte; len(p.members) > base && !p.loose && p.reach(p.with(Array), start) > p.reach(p.open, start) {
		p.restAsArray()
		return nil, false
	}
	p.unexpected(wantedName, "")
	p.junk()
	p.mended = true
	return nil, false
}

// bareName returns the offset where a property name without quotes ends, or 0 when there is none with a colon behind it.
func (p *parser) bareName() int {
	start := p.pos.Byte
	end := start
	if p.loose { // Newtonsoft.Json: letters, digits, "_" and "$"; whether a colon follows is for the caller to see
		rest := strings.TrimLeftFunc(p.text[start:], func(r rune) bool {
			return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
		})
		if end = len(p.text) - len(rest); end == start {
			return 0
		}
		return end
	}
	if c := p.peek(); !wordByte(c) && (c < '0' || c > '9') && c < utf8.RuneSelf {
		return 0
	}
	for end < len(p.src) && end-start < longestName && strings.IndexByte(":\"\r\n,{}[]'", p.src[end]) < 0 {
		end++
	}
	if p.byteAt(end) != ':' {
		return 0
	}
	return start + len(strings.TrimRight(p.text[start:end], " \t"))
}

// longestName and longestText are how far the end of a name or text without quotes is looked for.
const (
	longestName = 1 << 10
	longestText = 32 << 10 // the length of an expression is limited to 24,576
)

// nameEnd returns the offset of the quote that ends a property name without opening quote: the first on the line, with a
// colon behind it. It is 0 when there is none.
func (p *parser) nameEnd() int {
	c := p.peek()
	if p.loose || c == '{' || c == ',' || c == ':' || c == '[' && !p.bareExpression() {
		return 0
	}
	for end := p.pos.Byte; end < min(len(p.src), p.pos.Byte+longestName) && p.src[end] != '\n'; end++ {
		switch p.src[end] {
		case '\\':
			end = p.escaped(end)
		case '"':
			if at, _ := p.afterBlanks(end + 1); p.byteAt(at) == ':' && end > p.pos.Byte {
				return end
			}
			return 0
		}
	}
	return 0
}

// nameAt reports whether a property name and a colon stand at an offset.
func (p *parser) nameAt(offset int) bool {
	if p.byteAt(offset) != '"' {
		return false
	}
	end, _ := closingQuote(p.src, offset)
	if end < 0 {
		return false
	}
	at, _ := p.afterBlanks(end + 1)
	return p.byteAt(at) == ':'
}

// colon reads the colon behind the property name key, which starts at start. The result tells whether a value is to be
// read.
func (p *parser) colon(key string, start mark, base int) bool {
	p.space()
	c := p.peek()
	if c == ':' {
		p.token()
		return true
	}
	wanted := fmt.Sprintf(`":" after the property name %q`, key)
	switch {
	case p.atEnd() || p.loose:
		p.unexpected(wanted, "")
		p.stopped = true
		return false
	case p.surplusBefore(':'):
		p.unexpected(wanted, "remove it")
		p.token()
		p.space()
		p.token()
		return true
	case c == '"', c == '\'', c == '{', c == '[', c == '-', c >= '0' && c <= '9', wordByte(c):
		p.unexpected(wanted, `write ":" between them`)
		return true
	case (c == ',' || c == ']') && len(p.members) > base:
		if p.reach(p.with(Array), start.pos.Byte) > p.reach(p.open, start.pos.Byte) {
			p.reset(start)
			p.restAsArray()
			return false
		}
	}
	p.unexpected(wanted, "")
	if p.mended = true; c == ',' || c == '}' || c == ']' {
		return false
	}
	if p.token(); c == '=' { // or => or :=
		if p.peek() == '>' {
			p.token()
		}
		p.mended = false
		return true
	}
	p.junk()
	if p.space(); p.peek() == ':' {
		p.token()
		p.mended = false
		return true
	}
	return false
}

// surplusBefore reports whether a single character stands before the one that is wanted.
func (p *parser) surplusBefore(wanted byte) bool {
	at, newLine := p.afterBlanks(p.pos.Byte + 1)
	return !newLine && p.byteAt(at) == wanted
}
