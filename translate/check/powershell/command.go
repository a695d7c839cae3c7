package powershell

import "strings"

// pipeline reads commands and expressions with | between them. taken says that its output goes somewhere.
func (p *parser) pipeline(taken bool) {
	outer := p.taken
	p.taken = p.taken || taken
	defer func() { p.taken = outer }()
	var last *Command
	start, piped := p.i, false
	for {
		if last = p.element(start, last); last != nil {
			last.Piped = piped
		}
		p.spaces()
		chained := false
		switch c := p.peek(0); {
		case c == '|' && p.peek(1) == '|', c == '&' && p.peek(1) == '&':
			p.newer(Span{p.i, p.i + 2}, `"`+p.s[p.i:p.i+2]+`" between commands`)
			p.i += 2
			chained = true
		case c == '|':
			p.i++
		case c == '&':
			p.newer(Span{p.i, p.i + 1}, `"&" after a command`)
			p.i++
			return
		default:
			if !p.pipeBelow() {
				return
			}
		}
		p.blank(false)
		if piped = !chained; chained { // another pipeline starts
			last, start = nil, p.i
		} else if last != nil {
			last.Taken = true
		}
	}
}

// pipeBelow reads a | at the start of the next line, with which PowerShell 7 lets a pipeline go on.
func (p *parser) pipeBelow() bool {
	i := p.i
	for i < len(p.s) {
		c, width := p.special(i)
		if n := p.newline(i); n > 0 {
			i += n
		} else if c == ' ' {
			i += width
		} else {
			break
		}
	}
	if i == p.i || i >= len(p.s) || p.s[i] != '|' || i+1 < len(p.s) && p.s[i+1] == '|' {
		return false
	}
	p.newer(Span{i, i + 1}, `"|" at the start of a line`)
	p.i = i + 1
	return true
}

func (p *parser) newer(at Span, what string) { p.f.Newer = append(p.f.Newer, Newer{at, what}) }

// element reads one command or expression of a pipeline, and returns the command.
func (p *parser) element(start int, input *Command) *Command {
	p.spaces()
	if p.end() {
		return nil
	}
	c, width := p.special(p.i)
	next, _ := p.special(p.i + width)
	switch {
	case c == '&' || c == '.' && (next == ' ' || next != 0 && strings.IndexByte("$\"'({", next) >= 0):
		p.i++
		p.spaces()
		return p.command(start, input, true)
	case strings.IndexByte("$@([{'\"+-!,", c) >= 0, c == '.' && digit(next), digit(c) && p.number():
		p.expression()
		return nil
	case c == '<' || c == '>':
		p.redirection()
		return nil
	default:
		return p.command(start, input, false)
	}
}

// number reports whether a number starts here, and not a name such as 7z.exe.
func (p *parser) number() bool {
	j := p.i
	for j < len(p.s) && (digit(p.s[j]) || p.s[j] == '.' && j+1 < len(p.s) && digit(p.s[j+1])) {
		j++
	}
	if j == p.i+1 && j < len(p.s) && (p.s[j] == 'x' || p.s[j] == 'X') {
		for j++; j < len(p.s) && (digit(p.s[j]) || strings.IndexByte("abcdefABCDEF", p.s[j]) >= 0); j++ {
		}
	}
	for suffix := 0; suffix < 3 && j < len(p.s) && strings.IndexByte("dDlLkKmMgGtTpPbBeE", p.s[j]) >= 0; suffix++ {
		j++
	}
	if j >= len(p.s) {
		return true
	}
	c, _ := p.special(j)
	return !letter(c) && strings.IndexByte(":\\~?", c) < 0
}

// command reads a name and arguments.
func (p *parser) command(start int, input *Command, called bool) *Command {
	c := &Command{Pipe: start, Nested: p.nested, Parent: p.parent, Input: input, Taken: p.taken, Called: called}
	c.From = p.i
	p.f.Commands = append(p.f.Commands, c)
	outer, taken := p.parent, p.taken
	p.parent = c
	c.Name = p.word()
	for p.spaces(); !p.ends(); p.spaces() {
		p.argument(c)
	}
	p.parent, p.taken = outer, taken
	c.To = c.Name.To
	if len(c.Args) > 0 {
		c.To = max(c.To, c.Args[len(c.Args)-1].To)
	}
	return c
}

// argument reads one argument, parameter or redirection.
func (p *parser) argument(c *Command) {
	before := p.i
	ch, width := p.special(p.i)
	next, _ := p.special(p.i + width)
	switch {
	case ch == ',':
		p.i++
		p.blank(false)
		return
	case ch == '<' || ch == '>' || next == '>' && (digit(ch) || ch == '*'):
		p.redirection()
	case ch == '@' && letter(next):
		p.i++
		p.identifier()
		c.Splat = true
	case strings.HasPrefix(p.s[p.i:], "--%"):
		p.verbatim(c)
	case ch == '-' && (letter(next) || next == '?'):
		c.Args = append(c.Args, p.parameter(width))
	default:
		c.Args = append(c.Args, Arg{Word: p.word()})
	}
	if p.i == before {
		p.i += width
	}
}

// parameter reads -Name or -Name:, and takes -Name=value and -Name.x for a plain word.
func (p *parser) parameter(dash int) Arg {
	start := p.i
	j := p.i + dash
	for j < len(p.s) {
		c, width := p.special(j)
		if c == ' ' || p.newline(j) > 0 || strings.IndexByte("{}();,|&.[:'\"$`<>=", c) >= 0 {
			break
		}
		j += width
	}
	if c, _ := p.special(j); j < len(p.s) && strings.IndexByte(".'\"$`=", c) >= 0 {
		return Arg{Word: p.word()}
	}
	p.count()
	p.i = max(p.i, min(j, len(p.s)))
	a := Arg{Word: Word{Span{start, p.i}, p.s[start:p.i], true, true, false},
		Param: strings.ToLower(p.s[start+dash : p.i])}
	if p.peek(0) == ':' {
		p.i++
		a.Colon = true
	}
	return a
}

// verbatim reads what follows --%: the rest of the line as it is, for a program.
func (p *parser) verbatim(c *Command) {
	p.i += len("--%")
	start := p.i
	for !p.end() && p.newline(p.i) == 0 && p.s[p.i] != '|' {
		p.i++
	}
	end := p.i
	for from := start; from < end; {
		if p.s[from] == ' ' || p.s[from] == '\t' {
			from++
			continue
		}
		to := from
		for to < end && p.s[to] != ' ' && p.s[to] != '\t' {
			to++
		}
		p.count()
		text := p.s[from:to]
		known := !strings.Contains(text, "%")
		c.Args = append(c.Args, Arg{Word: Word{Span{from, to}, strings.Trim(text, `"`), known, true, false}})
		from = to
	}
}

// redirection reads >, >>, 2>&1, *> and the like, with the file.
func (p *parser) redirection() {
	if c := p.peek(0); digit(c) || c == '*' {
		p.i++
	}
	for p.peek(0) == '>' || p.peek(0) == '<' {
		p.i++
	}
	if p.peek(0) == '&' {
		for p.i++; digit(p.peek(0)); p.i++ {
		}
		return
	}
	if p.spaces(); !p.ends() {
		p.word()
	}
}

// count keeps the number of words within bounds.
func (p *parser) count() {
	if p.words++; p.words > maxWords {
		p.giveUp("it has too many words")
	}
}

// word reads the name of a command or an argument. It reads nothing where a bracket closes or a command ends.
func (p *parser) word() Word {
	p.count()
	start := p.i
	w := Word{Known: true, Bare: true}
	c, width := p.special(p.i)
	next, _ := p.special(p.i + width)
	switch {
	case c == '\'' || c == '"':
		w = p.quoted()
		return p.rest(w, start)
	case c == '@' && (next == '\'' || next == '"'):
		w = p.hereString()
		return p.rest(w, start)
	case c == '{':
		p.block()
		return Word{Span: Span{start, p.i}, Block: true}
	case c == '(', c == '@' && (next == '(' || next == '{'):
		p.inWord = true
		p.token()
		return Word{Span: Span{start, p.i}}
	case c == '$' && p.expandable():
		p.inWord = true
		p.token()
		w.Known, w.Bare = false, false
	}
	var text strings.Builder
	from := p.i
	for !p.end() && p.newline(p.i) == 0 {
		c, width := p.special(p.i)
		if c == ' ' || strings.IndexByte("{}();,|&<>", c) >= 0 {
			break
		}
		switch c {
		case '\'', '"':
			text.WriteString(p.s[from:p.i])
			inner := p.quoted()
			text.WriteString(inner.Value)
			w.Known = w.Known && inner.Known
			from = p.i
		case '$':
			w.Known = !p.expand() && w.Known
		case '`':
			text.WriteString(p.s[from:p.i])
			if p.newline(p.i+1) > 0 {
				w.Span = Span{start, p.i}
				w.Value = text.String()
				return w
			}
			p.i++
			text.WriteString(p.escape())
			from = p.i
		default:
			p.i += width
		}
	}
	w.Span = Span{start, p.i}
	if w.Known {
		w.Value = join(&text, p.s[from:p.i])
	}
	return w
}

// rest reads what follows a string directly: 'text'.Length is an expression.
func (p *parser) rest(w Word, start int) Word {
	if p.postfix(start, true) {
		return Word{Span: Span{start, p.i}}
	}
	return w
}
