package armjson

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

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
		p.mended = true
	} else {
		p.soft(CodeBadLiteral, p.prev, summary, why, fix)
	}
	at, newLine := p.afterBlanks(p.pos.Byte)
	c := p.byteAt(at)
	if !p.stopped && !newLine && (c == '"' && !p.nameAt(at) && !p.strayQuote() || c == '{' || c == '[') {
		p.space() // the value stands behind it
		return p.value()
	}
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

// textEnd returns the offset of the quote that ends a text without opening quote: the first on the line, with something
// behind it that may follow a value. It is 0 when there is none.
func (p *parser) textEnd() int {
	for end := p.pos.Byte; end < min(len(p.src), p.pos.Byte+longestText) && p.src[end] != '\n'; end++ {
		switch p.src[end] {
		case '\\':
			end = p.escaped(end)
		case '"':
			if at, newLine := p.afterBlanks(end + 1); newLine || strings.IndexByte(",]}", p.byteAt(at)) >= 0 {
				return end
			}
			return 0
		}
	}
	return 0
}

// junk steps over what makes no sense, up to something that may: the end of the line, a quote, a comma or bracket that is
// not inside brackets that it brings itself. It steps over one character at least, and returns them without blanks at the
// end.
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

// junkEnd finds the end of junk. whole is false when a bracket in it is not closed on the line, then it is better read
// without regard to them.
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
			end = p.escaped(end)
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
			if depth == 0 && end > p.pos.Byte && p.byteAt(end+1) <= ' ' {
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

// conflict reports the mark that a version control system leaves in a file with two versions of a place, and stops: until
// one is chosen no other finding is worth reading.
func (p *parser) conflict() bool {
	if p.pos.Byte != p.line || p.loose {
		return false
	}
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if strings.HasPrefix(p.text[p.line:], mark) {
			start := p.pos
			p.advanceTo(p.pos.Byte + len(mark))
			p.fail(CodeUnexpected, p.from(start), "this is the mark of a merge conflict", "",
				"choose one of the two versions, and remove the marks")
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
	if next == '{' {
		return strings.Contains(p.text[p.pos.Byte:p.lineEnd(p.pos.Byte)], "}}")
	}
	end := p.textEnd()
	return end > 0 && strings.IndexByte(p.text[p.pos.Byte:end], ':') < 0
}
