package powershell

import "strings"

// expression reads operands and operators up to the end of an element of a pipeline. After = it reads a whole
// statement.
func (p *parser) expression() {
	start := p.i
	operand := false // the last thing was one, so that a line may end
	tokens := 0      // besides types
	name := ""       // of the variable, if that is all there is
	for {
		p.spaces()
		for !operand && tokens > 0 && p.newline(p.i) > 0 {
			p.blank(false)
		}
		if p.ends() || p.s[p.i] == ']' {
			return
		}
		c, width := p.special(p.i)
		next, _ := p.special(p.i + width)
		from := p.i
		switch {
		case c == '=':
			p.i++
			p.assignment(start, name, tokens == 1)
			return
		case next == '=' && strings.IndexByte("+-*/%", c) >= 0:
			p.i += width + 1
			p.assignment(start, name, false)
			return
		case c == '-' && letter(next):
			p.i += width
			p.identifier()
			operand = false
			tokens++
		case c == '.' && operand && letter(next):
			p.postfix(start, false)
			tokens++
		case c == '?' && operand:
			if next == '?' {
				p.newer(Span{p.i, p.i + 2}, `the operator "??"`)
				p.i++
			} else {
				p.newer(Span{p.i, p.i + 1}, `the operator "? :"`)
			}
			p.i++
			if operand = false; p.peek(0) == '=' {
				p.i++
			}
			tokens++
		case c == '>' || c == '<':
			p.redirection()
			tokens++
		case strings.IndexByte("+-*/%!,.:?", c) >= 0:
			if c == next && (c == '+' || c == '-') { // ++ and -- leave an operand one
				p.i += width
			} else {
				operand = false
			}
			p.i += width
			tokens++
		case c == '[':
			p.token()
			operand = true
			if p.lastPostfix {
				tokens++
			}
		default:
			w := p.token()
			operand = true
			if tokens++; tokens == 1 {
				name = p.name
				if from == start {
					p.value = w
				}
			}
		}
		if tokens > 1 {
			name, p.value = "", Word{}
		}
		if p.i == from {
			p.i += width
		}
	}
}

// assignment reads the value of an assignment, behind the operator.
func (p *parser) assignment(start int, name string, plain bool) {
	if n := len(p.f.Members); n > 0 && p.f.Members[n-1].To > start && name == "" {
		p.f.Members[n-1].Set = true
	}
	p.blank(false)
	a := &Assignment{Name: name, Nested: p.nested}
	if name != "" {
		p.f.Assignments = append(p.f.Assignments, a)
	}
	from := p.i
	p.value = Word{}
	taken := p.taken
	p.taken = true
	if !p.nothing() {
		p.statement()
	}
	p.taken = taken
	a.Span = Span{start, p.i}
	if v := p.value; plain && v.Known && v.From == from && strings.TrimSpace(p.s[v.To:p.i]) == "" {
		a.Value = v
	}
	p.value = Word{}
}

// token reads one operand of an expression with its members and indexes, or else one character. The word is Known for a
// plain string or number. p.name is the name of a variable, p.lastPostfix whether members or indexes followed.
func (p *parser) token() Word {
	start := p.i
	inWord := p.inWord
	p.name, p.lastPostfix, p.inWord = "", false, false
	name := ""
	w := Word{}
	c, width := p.special(p.i)
	next, _ := p.special(p.i + width)
	switch {
	case c == '\'' || c == '"':
		w = p.quoted()
	case c == '$' && next == '(':
		p.i++
		p.group()
	case c == '$' && p.expandable():
		name = p.variable()
	case c == '@' && (next == '\'' || next == '"'):
		w = p.hereString()
	case c == '@' && next == '(':
		p.i++
		p.group()
	case c == '@' && next == '{':
		p.i++
		p.taking(p.hash)
	case c == '(':
		p.group()
	case c == '[':
		p.bracket()
	case c == '{':
		p.block()
		w.Block = true
	case digit(c):
		for !p.end() && (p.s[p.i] < 0x80 && p.named(p.i) > 0 || p.s[p.i] == '.' && digit(p.peek(1))) {
			p.i++
		}
		w = Word{Span{start, p.i}, p.s[start:p.i], true, true, false}
	case p.identifier() != "":
		if p.peek(0) == '(' { // of an attribute, or a method of a class
			p.loose(')')
		}
		return Word{}
	default:
		p.i += width
		return Word{}
	}
	if p.lastPostfix = p.postfix(start, inWord); p.lastPostfix {
		return Word{}
	}
	p.name = name
	return w
}

// taking reads something of which the output is used.
func (p *parser) taking(read func()) {
	outer := p.taken
	p.taken = true
	read()
	p.taken = outer
}

// postfix reads .member, ::member, calls and [indexes] that follow an operand directly, and reports whether there are
// any. In a word of a command a name follows the dot at once; elsewhere a line may end between them.
func (p *parser) postfix(start int, inWord bool) bool {
	any := false
	for !p.end() {
		switch c := p.s[p.i]; {
		case c == '[':
			p.loose(']')
		case c == ':' && p.peek(1) == ':' && p.memberStarts(p.i+2, inWord):
			p.member(start, 2)
		case c == '.' && p.peek(1) != '.' && p.memberStarts(p.i+1, inWord):
			p.member(start, 1)
		default:
			return any
		}
		any = true
	}
	return any
}

func (p *parser) memberStarts(i int, inWord bool) bool {
	if p.newline(i) > 0 {
		return !inWord
	}
	c, _ := p.special(i)
	return p.named(i) > 0 || c != 0 && strings.IndexByte("$'\"({", c) >= 0
}

// member reads the name of a member and the arguments of a call, from the dot or colons on.
func (p *parser) member(start, dots int) {
	p.count()
	m := &Member{On: p.s[start:p.i], Static: dots == 2, Nested: p.nested}
	p.f.Members = append(p.f.Members, m)
	p.i += dots
	p.blank(false)
	switch c, _ := p.special(p.i); {
	case p.named(p.i) > 0:
		m.Name = p.identifier()
	case c == '\'' || c == '"':
		m.Name = p.quoted().Value
	case c == '$' && p.peek(1) == '(':
		p.i++
		p.group()
	case c == '$':
		p.variable()
	case c == '(':
		p.group()
	case c == '{': // .Where{ … }
		p.block()
	}
	if p.peek(0) == '(' {
		m.Call = true
		p.taking(func() { m.Args = p.loose(')') })
	} else if p.peek(0) == '{' {
		p.block()
	}
	m.Span = Span{start, p.i}
}

// bracket reads a type or attribute: [string], [Parameter(Mandatory)].
func (p *parser) bracket() { p.loose(']') }

// loose reads what is neither statements nor commands up to a closing bracket: arguments of methods, parameters of
// functions, types, indexes. Lines end anywhere in it. It returns the plain strings.
func (p *parser) loose(closer byte) []Word {
	var words []Word
	open := Span{p.i, p.i + 1}
	defer p.deeper()()
	p.i++
	for p.blank(true); !p.end() && strings.IndexByte(")]}", p.s[p.i]) < 0; p.blank(true) {
		if w := p.token(); w.Known && !w.Bare {
			words = append(words, w)
		}
	}
	p.close(open, closer)
	return words
}

// hash reads { key = statement … }.
func (p *parser) hash() {
	open := Span{p.i, p.i + 1}
	defer p.deeper()()
	p.i++
	for p.blank(true); !p.end() && strings.IndexByte(")]}", p.s[p.i]) < 0; p.blank(true) {
		if p.s[p.i] == '=' {
			p.i++
			if p.blank(false); !p.nothing() {
				p.statement()
			}
			continue
		}
		p.token()
	}
	p.close(open, '}')
}
