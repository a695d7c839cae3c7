package armjson

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// startsElement reports whether the next thing may start an element of the innermost object or array.
func (p *parser) startsElement() bool {
	switch c := p.peek(); {
	case c == '"', c == '\'', c == '{', c == '[', curlyQuote(p.peekRune()):
		return true
	case p.top().kind == Array:
		return c == '-' || c >= '0' && c <= '9' || wordByte(c)
	default:
		return p.bareName() > 0 || p.nameEnd() > 0
	}
}

// extraCommas reports commas where an element is wanted, once, and steps over them; unless they show that an empty object or array
// is not closed.
func (p *parser) extraCommas() {
	wanted := "a value"
	if p.top().kind == Object {
		wanted = wantedName
	}
	if !p.mended && !p.loose && len(p.open) > 1 && p.prev == p.top().at &&
		p.reach(p.open[:len(p.open)-1], p.pos.Byte) > p.reach(p.open, p.pos.Byte) {
		p.stillOpen(p.runeRange(), `","`)
		return
	}
	if !p.mended {
		p.unexpected(wanted, "remove the extra comma")
	}
	p.mended = false
	for p.peek() == ',' && !p.stopped {
		p.token()
		p.space()
	}
}

const wantedName = `a property name in double quotes, or "}"`

// name reads a property name. base is where the members of this object start in p.members.
func (p *parser) name(base int) (key *Node, ok bool) {
	switch c := p.peek(); {
	case c == '"', c == '\'' && (p.loose || p.closedOnLine()):
		return p.stringNode(true), !p.stopped
	case p.nameEnd() > 0:
		start, end := p.pos, p.nameEnd()
		p.advanceTo(end + 1)
		p.prev = p.from(start)
		key = p.node(String, start)
		key.Text = p.text[start.Byte:end]
		p.soft(CodeBadString, p.prev, "the opening quote of this property name is missing", "", `write " before it`)
		return key, true
	case c == '{', c == '[':
		p.valueWithoutName(base)
		return nil, false
	case curlyQuote(p.peekRune()):
		if key = p.curlyString(); key != nil {
			return key, true
		}
	}
	if end := p.bareName(); end > 0 {
		start := p.pos
		p.advanceTo(end)
		p.prev = p.from(start)
		key = p.node(String, start)
		key.Text = p.text[start.Byte:end]
		if !p.loose {
			p.soft(CodeBadString, p.prev, fmt.Sprintf("property name %s is not in double quotes", shorten(key.Text)), "",
				fmt.Sprintf(`write "%s"`, shorten(key.Text)))
		}
		return key, true
	}
	if start := p.pos.Byte; len(p.members) > base && p.reach(p.with(Array), start) > p.reach(p.open, start) {
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

// longestName is a length up to which a name without quotes is looked for.
const longestName = 200

// nameEnd returns the offset of the quote that ends a property name without opening quote: the first on the line, with a colon
// behind it. It is 0 when there is none.
func (p *parser) nameEnd() int {
	c := p.peek()
	if p.loose || c == '{' || c == ',' || c == ':' || c == '[' && !p.bareExpression() {
		return 0
	}
	for end := p.pos.Byte; end < len(p.src) && p.src[end] != '\n'; end++ {
		switch p.src[end] {
		case '\\':
			end++
		case '"':
			if at, _ := p.afterBlanks(end + 1); p.byteAt(at) == ':' && end > p.pos.Byte {
				return end
			}
			return 0
		}
	}
	return 0
}

// textEnd returns the offset of the quote that ends a text without opening quote: the first on the line, with something behind it
// that may follow a value. It is 0 when there is none.
func (p *parser) textEnd() int {
	for end := p.pos.Byte; end < len(p.src) && p.src[end] != '\n'; end++ {
		switch p.src[end] {
		case '\\':
			end++
		case '"':
			if at, newLine := p.afterBlanks(end + 1); newLine || strings.IndexByte(",]}", p.byteAt(at)) >= 0 {
				return end
			}
			return 0
		}
	}
	return 0
}

// colon reads the colon behind the property name key, which starts at start. The result tells whether a value is to be read.
func (p *parser) colon(key string, start mark, base int) bool {
	p.space()
	wanted := fmt.Sprintf(`":" after the property name %q`, key)
	c := p.peek()
	switch {
	case c == ':':
		p.token()
		return true
	case p.atEnd() || p.loose:
		p.unexpected(wanted, "")
		p.stopped = true
		return false
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

// colonAfter reports whether a value that starts at start is a string before a colon, and so a name.
func (p *parser) colonAfter(start mark, value *Node) bool {
	if value.Kind != String || p.loose || p.stopped || p.src[start.pos.Byte] != '"' {
		return false
	}
	at, _ := p.afterBlanks(p.pos.Byte)
	return p.byteAt(at) == ':'
}

// stillOpen reports that something stands where the innermost object or array should have been closed, and takes it for closed.
func (p *parser) stillOpen(at diag.Range, what string) {
	b := p.top()
	p.brackets = true
	p.soft(CodeNotClosed, at, fmt.Sprintf("%s stands where the %s opened at %s is still open", what, b, lineColumn(b.at)),
		"", fmt.Sprintf(`add "%c" before it`, b.closer()), p.openedHere(b, at)...)
	p.unwind(len(p.open) - 1)
	p.mended = true
}

// noValue reports that a comma or closing bracket stands in the place of a value. If the rest of the text fits better behind a
// closing bracket that is left out, its opening bracket is missing, and the result is an empty object or array; else nil.
func (p *parser) noValue() *Node {
	c, start := p.peek(), p.pos
	if c != ',' && !p.loose && p.reach(p.open, start.Byte+1) > p.reach(p.open, start.Byte) {
		kind := Object
		if c == ']' {
			kind = Array
		}
		p.brackets = true
		p.soft(CodeUnexpected, p.token(), fmt.Sprintf(`"%c" is missing before this "%c"`, bracket{kind: kind}.opener(), c), "", "")
		return p.node(kind, start).seal()
	}
	p.unexpected("a value", "write one, or remove the property")
	p.mended = true
	return nil
}

// memberInArray reads on where an array has a property name: either the array is not closed before it, then the result is nil; or
// the opening bracket of an object is missing.
func (p *parser) memberInArray(name string) *Node {
	p.brackets = true
	at, start := p.runeRange(), p.pos.Byte
	ended := -1
	if n := len(p.open); n > 1 && p.open[n-2].kind == Object {
		ended = p.reach(p.open[:n-1], start)
	}
	if ended >= p.reach(p.with(Object), start) {
		p.stillOpen(at, fmt.Sprintf("property %q", name))
		return nil
	}
	return p.objectWithoutOpener(name, "an array holds values; names stand in objects")
}

// memberAsValue reads on where the value of property key is followed by a colon: either the opening bracket of an object is missing
// before it, or the property has no value, then the result is nil.
func (p *parser) memberAsValue(key, name string) *Node {
	start := p.pos.Byte
	if p.reach(p.with(Object), start) > p.reach(p.open, start) {
		return p.objectWithoutOpener(name, fmt.Sprintf(`":" follows it, so it is not the value of %q`, key))
	}
	p.soft(CodeUnexpected, p.prev, fmt.Sprintf("property %q has no value", key),
		fmt.Sprintf("the next property, %q, starts at %d:%d", name, p.pos.Line, p.pos.Column), "write a value, or remove the property")
	p.mended = true
	return nil
}

func (p *parser) objectWithoutOpener(name, why string) *Node {
	p.brackets = true
	p.soft(CodeUnexpected, p.runeRange(), fmt.Sprintf(`"{" is missing before property %q`, name), why, `add "{" here`)
	return p.nested(p.object, false)
}

// valueWithoutName reads on where an object has a value without a name: either the object is not closed before it, or its last
// property lacks the opening bracket of an array, or the value stands there for no reason and is stepped over.
func (p *parser) valueWithoutName(base int) {
	p.brackets = true
	at, start := p.runeRange(), p.pos.Byte
	ended, array := -1, -1
	if n := len(p.open); p.peek() == '{' && n > 1 && p.open[n-2].kind == Array {
		ended = p.reach(p.open[:n-1], start)
	}
	if len(p.members) > base {
		array = p.reach(p.with(Array), start)
	}
	alone := p.reach(p.open, start)
	switch {
	case p.loose || alone > max(ended, array):
		p.unexpected(wantedName, "")
		p.value()
		p.mended = true
	case ended >= array:
		p.stillOpen(at, `"{"`)
	default:
		p.restAsArray()
	}
}

// restAsArray takes the value of the last property for the first element of an array whose opening bracket is missing.
func (p *parser) restAsArray() {
	p.brackets = true
	last := len(p.members) - 1
	m := p.members[last]
	at := m.Value.Range
	at.End = at.Start
	p.soft(CodeUnexpected, at, fmt.Sprintf(`"[" is missing before the value of %q`, m.Key),
		fmt.Sprintf("another value follows at %d:%d", p.pos.Line, p.pos.Column), `add "[" here`)
	rest := p.nested(p.array, false)
	list := p.node(Array, at.Start)
	list.Items = slices.Insert(rest.Items, 0, m.Value)
	list.Range.End = rest.Range.End
	p.members[last].Value = list.seal()
}

// junkValue reads what stands in the place of a value and is none.
func (p *parser) junkValue() *Node {
	if curlyQuote(p.peekRune()) {
		if n := p.curlyString(); n != nil {
			return n
		}
	}
	start := p.mark()
	if p.conflict() {
		return p.node(Null, start.pos)
	}
	if end := p.textEnd(); end > 0 && !p.loose {
		p.advanceTo(end + 1)
		p.prev = p.from(start.pos)
		n := p.node(String, start.pos)
		n.Text = p.text[start.pos.Byte:end]
		p.soft(CodeBadString, p.prev, "the opening quote of this text is missing", "", `write " before it`)
		return n
	}
	text := p.junk()
	n := p.node(String, start.pos)
	n.Text = text
	summary, why, fix := badValue(text)
	if summary == "" {
		end := p.mark()
		p.reset(start)
		p.unexpected("a value", "")
		p.reset(end)
		return n
	}
	p.soft(CodeBadLiteral, p.prev, summary, why, fix)
	return n
}

var (
	placeholder = regexp.MustCompile(`^(<.*>|\{\{.*\}\}|\$\{.*\}|\$\(.*\)|#\{.*\}#?|%\w+%|__\w+__)$`)
	expression  = regexp.MustCompile(`^\[?\s*[A-Za-z_][\w.]*\(`)
	numeric     = regexp.MustCompile(`^[-+.]?[0-9]`)
	oneWord     = regexp.MustCompile(`^[A-Za-z_$][\w.$-]*$`)
)

// badValue says what is wrong with a text that is no JSON value; the summary is empty when its first character says it all.
func badValue(text string) (summary, why, fix string) {
	shown := shorten(text)
	switch {
	case placeholder.MatchString(text):
		return fmt.Sprintf("the placeholder %s was not replaced", shown), "", "replace it by a value"
	case expression.MatchString(text):
		return fmt.Sprintf("the expression %s is not in double quotes", shown), "", `write "[…]"`
	case numeric.MatchString(text):
		return shown + " is not a number that JSON has", "",
			"write a plain decimal number, or put it in double quotes if it is a text"
	case oneWord.MatchString(text):
		why, fix = "the bare words of JSON are true, false and null", "put it in double quotes if it is a text"
		if near := diag.Near(text, []string{"true", "false", "null"}); near != "" {
			fix = "write " + near
		} else if text == "None" || text == "nil" || text == "undefined" {
			fix = "write null, or leave the property out"
		}
		return shown + " is not a value that JSON has", why, fix
	case text != "" && (wordByte(text[0]) || text[0] == '\\' || text[0] == '/'):
		return "this text is not in double quotes: " + shown, "", `write " before and after it`
	default:
		return "", "", ""
	}
}

// junk steps over what makes no sense, up to something that may: the end of the line, a quote, a comma or bracket that is not inside
// brackets that it brings itself. It steps over one character at least, and returns them without blanks at the end.
func (p *parser) junk() string {
	end, whole := p.junkEnd(true)
	if !whole {
		end, _ = p.junkEnd(false)
	}
	start := p.pos
	text := strings.TrimRight(p.text[start.Byte:end], " \t\r")
	if text == "" {
		p.token()
		return p.text[start.Byte:p.pos.Byte]
	}
	p.advanceTo(start.Byte + len(text))
	p.prev = p.from(start)
	return text
}

// junkEnd finds the end of junk. whole is false when a bracket in it is not closed on the line, then it is better read without regard
// to them.
func (p *parser) junkEnd(nested bool) (end int, whole bool) {
	depth := 0
	for end = p.pos.Byte; end < len(p.src); end++ {
		switch c := p.src[end]; c {
		case '\n', '"':
			return end, depth == 0
		case '(', '[', '{':
			if nested {
				depth++
			} else if c != '(' && end > p.pos.Byte {
				return end, true
			}
		case ')', ']', '}':
			if depth > 0 {
				depth--
			} else if c != ')' {
				return end, true
			}
		case '\\':
			end = min(end+1, len(p.src)-1)
		case ',':
			if depth == 0 {
				return end, true
			}
		case '\'': // the text inside of an expression
			if depth > 0 {
				if i := strings.IndexAny(p.text[end+1:], "'\n"); i >= 0 && p.src[end+1+i] == '\'' {
					end += 1 + i
				}
			}
		case ':':
			if next := p.byteAt(end + 1); depth == 0 && end > p.pos.Byte && (next == 0 || next == ' ' || next == '\t' || next == '\r' || next == '\n') {
				return end, true
			}
		case '/':
			if next := p.byteAt(end + 1); end > p.pos.Byte && p.src[end-1] <= ' ' && (next == '/' || next == '*') {
				return end, depth == 0
			}
		}
	}
	return end, depth == 0
}

// conflict reports the mark that a version control system leaves in a file with two versions of a place, and stops: until one is
// chosen no other finding is worth reading.
func (p *parser) conflict() bool {
	if p.pos.Byte != p.line || p.loose {
		return false
	}
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if strings.HasPrefix(p.text[p.line:], mark) {
			start := p.pos
			p.advanceTo(p.pos.Byte + len(mark))
			p.fail(CodeUnexpected, p.from(start), "this is the mark of a merge conflict", "", "choose one of the two versions, and remove the marks")
			return true
		}
	}
	return false
}

// bareExpression reports whether the "[" that is next starts an expression that someone forgot to put in quotes.
func (p *parser) bareExpression() bool {
	if p.loose {
		return false
	}
	return expression.Match(p.src[p.pos.Byte:min(p.pos.Byte+100, len(p.src))])
}

// bareText reports whether the "{" that is next starts a placeholder, or a text whose opening quote is missing.
func (p *parser) bareText() bool {
	next := p.peekAt(1)
	if p.loose || next != '{' && !wordByte(next) {
		return false
	}
	end := p.textEnd()
	return next == '{' || end > 0 && strings.IndexByte(p.text[p.pos.Byte:end], ':') < 0
}
