package powershell

import (
	"fmt"
	"strings"
)

// parser reads a script from the front, once. After a mistake, or when it gives up, it stands at the end of the text,
// and everything that is under way comes back.
type parser struct {
	f      *File
	s      string
	i      int
	legacy bool
	depth  int      // of brackets and statements, whatever their kind
	nested int      // of blocks
	parent *Command // in whose arguments this is
	taken  bool     // the output of commands goes somewhere
	words  int

	// What token and expression read last.
	name        string // of a variable without members
	lastPostfix bool
	inWord      bool // what token reads next is part of a command
	value       Word // of an expression that is one plain value
}

func (p *parser) mistake(at Span, text string) {
	if !p.stopped() {
		at.From = min(at.From, len(p.s))
		at.To = max(at.From, min(at.To, len(p.s)))
		p.f.Err = &Mistake{at, text}
	}
	p.i = len(p.s)
}

// stopped reports whether the parser has stopped before the end.
func (p *parser) stopped() bool { return p.f.Err != nil || p.f.Unread != "" }

func (p *parser) giveUp(why string) {
	if !p.stopped() {
		p.f.Unread, p.f.Rest = why, p.i
	}
	p.i = len(p.s)
}

// deeper is called when a bracket or statement starts, and what it returns when that is done with.
func (p *parser) deeper() (leave func()) {
	p.depth++
	if p.depth > maxDepth {
		p.giveUp("brackets are nested too deep")
	}
	return func() { p.depth-- }
}

// close reads a closing bracket; anything else is a mistake. open is where the bracket opened.
func (p *parser) close(open Span, closer byte) {
	switch {
	case p.end():
		p.mistake(open, `"`+p.s[open.From:open.To]+`" is never closed by "`+string(rune(closer))+`"`)
	case p.s[p.i] == closer:
		p.i++
	default:
		p.mistake(open, fmt.Sprintf("%q is not closed by %q before %q in line %d",
			p.s[open.From:open.To], string(rune(closer)), p.s[p.i:p.i+1], 1+strings.Count(p.s[:p.i], "\n")))
	}
}

// statements reads statements up to a closing bracket, which is not read: ')' or '}', or 0 for the end of the text.
func (p *parser) statements(closer byte) {
	for {
		p.blank(true)
		if p.end() {
			return
		}
		if c := p.s[p.i]; c == ')' || c == '}' {
			if closer != 0 {
				return
			}
			p.mistake(Span{p.i, p.i + 1}, `nothing is open that "`+string(rune(c))+`" could close`)
			return
		}
		before := p.i
		p.statement()
		if p.i == before { // no statement starts so; PowerShell would say so, and this parser need not know
			_, width := p.special(p.i)
			p.i += width
		}
	}
}

// block reads { statements }.
func (p *parser) block() {
	open := Span{p.i, p.i + 1}
	defer p.deeper()()
	taken := p.taken
	p.taken = false
	p.i++
	p.nested++
	p.statements('}')
	p.nested--
	p.taken = taken
	p.close(open, '}')
}

// group reads ( statements ), after a $ or @ as well. Their output is used.
func (p *parser) group() {
	open := Span{p.i, p.i + 1}
	defer p.deeper()()
	taken := p.taken
	p.taken = true
	p.i++
	p.statements(')')
	p.taken = taken
	p.close(open, ')')
}

// statement reads one statement: what a keyword starts, or else a pipeline.
func (p *parser) statement() {
	defer p.deeper()()
	if p.peek(0) == ':' && letter(p.peek(1)) { // the label of a loop
		p.i++
		p.identifier()
		p.blank(false)
	}
	start, comments := p.i, len(p.f.Comments)
	switch word := p.keyword(); word {
	case "if", "elseif", "while", "until", "for", "switch":
		p.loop(word)
	case "foreach":
		p.foreach()
	case "else", "try", "finally", "do", "begin", "process", "end", "dynamicparam", "clean", "parallel", "sequence",
		"inlinescript":
		if p.blank(false); p.peek(0) != '{' {
			if !p.stopped() { // a command of that name
				p.i, p.f.Comments = start, p.f.Comments[:comments]
				p.pipeline(false)
			}
			return
		}
		p.block()
	case "catch", "trap":
		for p.blank(false); p.peek(0) == '[' || p.peek(0) == ','; p.blank(false) {
			if p.peek(0) == ',' {
				p.i++
			} else {
				p.bracket()
			}
		}
		if p.peek(0) == '{' {
			p.block()
		}
	case "data":
		for p.spaces(); !p.end() && p.peek(0) != '{' && !p.ends(); p.spaces() {
			p.word()
		}
		if p.peek(0) == '{' {
			p.block()
		}
	case "function", "filter", "workflow", "configuration":
		p.function()
	case "class", "enum":
		p.class()
	case "param":
		if p.blank(false); p.peek(0) == '(' {
			p.loose(')')
		}
	case "return", "throw":
		if p.spaces(); !p.nothing() {
			p.pipeline(true)
		}
	case "exit":
		p.exit(start)
	case "break", "continue":
		if p.spaces(); !p.ends() {
			p.word()
		}
	case "using":
		for p.spaces(); !p.ends(); p.spaces() {
			p.word()
		}
	default:
		p.pipeline(false)
	}
}

// keyword reads a word that starts a statement, in lower case; "" and nothing read if there is none.
func (p *parser) keyword() string {
	j := p.i
	for j < len(p.s) && j-p.i < 16 && (p.s[j] >= 'a' && p.s[j] <= 'z' || p.s[j] >= 'A' && p.s[j] <= 'Z') {
		j++
	}
	word := strings.ToLower(p.s[p.i:j])
	if !keywords[word] {
		return ""
	}
	if j < len(p.s) { // foreach-object, if.exe and exit_ are commands
		if c, _ := p.special(j); p.named(j) > 0 || strings.IndexByte("-.:\\/=*+`~!@^%,", c) >= 0 {
			return ""
		}
	}
	p.i = j
	return word
}

var keywords = map[string]bool{}

func init() {
	for _, word := range strings.Fields("if elseif else while until for foreach switch do try catch finally trap " +
		"begin process end dynamicparam clean data parallel sequence inlinescript " +
		"function filter workflow configuration class enum param return throw exit break continue using") {
		keywords[word] = true
	}
}

// ends reports whether a statement or an element of a pipeline ends here.
func (p *parser) ends() bool {
	if p.end() || p.newline(p.i) > 0 {
		return true
	}
	return strings.IndexByte(";|)}&", p.s[p.i]) >= 0
}

// nothing reports whether no statement starts here. A & before a command does start one.
func (p *parser) nothing() bool { return p.ends() && p.peek(0) != '&' }

// loop reads what follows if, while and so on: options, a condition, and a block.
func (p *parser) loop(keyword string) {
	for p.blank(false); !p.end(); p.blank(false) {
		switch c, _ := p.special(p.i); {
		case c == '(':
			p.group()
		case c == '{' && keyword == "switch":
			p.switchBody()
			return
		case c == '{':
			p.block()
			return
		case c == '-' && keyword == "switch": // -regex, and -file with a name
			p.word()
			if p.spaces(); p.peek(0) != '(' && p.peek(0) != '{' && p.peek(0) != '-' && !p.ends() {
				p.word()
			}
		default:
			return // do { … } while (…)
		}
	}
}

// foreach reads what follows the keyword: ($x in values) { … }.
func (p *parser) foreach() {
	p.blank(false)
	if c, _ := p.special(p.i); c == '-' { // -parallel, of a workflow
		p.word()
		p.blank(false)
	}
	if p.peek(0) != '(' {
		return
	}
	open := Span{p.i, p.i + 1}
	leave := p.deeper()
	p.i++
	p.blank(false)
	if p.peek(0) == '$' {
		p.variable()
		p.blank(false)
		if strings.EqualFold(p.s[p.i:min(p.i+2, len(p.s))], "in") {
			p.i += 2
		}
	}
	taken := p.taken
	p.taken = true
	p.statements(')')
	p.taken = taken
	p.close(open, ')')
	leave()
	if p.blank(false); p.peek(0) == '{' {
		p.block()
	}
}

// switchBody reads { pattern { … } pattern { … } }.
func (p *parser) switchBody() {
	open := Span{p.i, p.i + 1}
	defer p.deeper()()
	p.i++
	p.nested++
	for p.blank(true); !p.end() && p.s[p.i] != '}'; p.blank(true) {
		before := p.i
		if p.s[p.i] == '{' {
			p.block()
		} else {
			p.word()
		}
		if p.i == before {
			break // a closing bracket that fits nothing
		}
	}
	p.nested--
	p.close(open, '}')
}

// function reads what follows the keyword: a name, parameters in parentheses perhaps, and a block.
func (p *parser) function() {
	p.blank(false)
	if name := p.word(); name.Known {
		p.f.Functions[unscoped(name.Value)] = true
	}
	if p.blank(false); p.peek(0) == '(' {
		p.loose(')')
		p.blank(false)
	}
	if p.peek(0) == '{' {
		p.block()
	}
}

// class reads what follows the keyword. Members of a class are no commands; the bodies of its methods hold some.
func (p *parser) class() {
	for p.blank(false); !p.end() && p.s[p.i] != '{'; p.blank(false) {
		before := p.i
		p.token()
		if p.i == before {
			return
		}
	}
	if p.end() {
		return
	}
	open := Span{p.i, p.i + 1}
	defer p.deeper()()
	p.i++
	p.nested++
	for p.blank(true); !p.end() && p.s[p.i] != '}' && p.s[p.i] != ')'; p.blank(true) {
		if p.s[p.i] == '=' {
			p.i++
			p.blank(false)
			p.statement()
			continue
		}
		p.token()
	}
	p.nested--
	p.close(open, '}')
}

// exit reads what follows the keyword.
func (p *parser) exit(start int) {
	p.count()
	e := &Exit{Nested: p.nested}
	if p.spaces(); p.nothing() {
		e.None = true
	} else if c, _ := p.special(p.i); digit(c) || c == '-' && digit(p.peek(1)) {
		e.Code = p.word()
	} else {
		p.pipeline(true)
	}
	e.Span = Span{start, p.i}
	p.f.Exits = append(p.f.Exits, e)
}

// identifier reads letters and digits.
func (p *parser) identifier() string {
	start := p.i
	for n := p.named(p.i); n > 0; n = p.named(p.i) {
		p.i += n
	}
	return p.s[start:p.i]
}
