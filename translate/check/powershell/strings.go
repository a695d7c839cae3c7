package powershell

import "strings"

// quoted reads a string that starts here with a quote, and returns it as a word.
func (p *parser) quoted() Word {
	start := p.i
	kind, width := p.special(p.i)
	p.i += width
	w := Word{Known: true}
	var text strings.Builder
	from := p.i // of what is not in text yet
	for !p.end() {
		c, width := p.special(p.i)
		switch {
		case c == kind:
			if again, more := p.special(p.i + width); again == kind { // a doubled quote stands for one
				text.WriteString(p.s[from : p.i+width])
				p.i += width + more
				from = p.i
				continue
			}
			w.Value = join(&text, p.s[from:p.i])
			p.i += width
			w.Span = Span{start, p.i}
			return w
		case kind == '\'':
			p.i += width
		case c == '`':
			text.WriteString(p.s[from:p.i])
			p.i++
			text.WriteString(p.escape())
			from = p.i
		case c == '$':
			w.Known = !p.expand() && w.Known
		default:
			p.i += width
		}
	}
	quote := `"`
	if kind == '\'' {
		quote = "'"
	}
	_, width = p.special(start)
	p.mistake(Span{start, start + width}, "the string that starts here with "+quote+" is never closed")
	return Word{Span: Span{start, len(p.s)}}
}

// join finishes a text of which the last part has no escapes. Most have none at all and are not copied.
func join(text *strings.Builder, last string) string {
	if text.Len() == 0 {
		return last
	}
	text.WriteString(last)
	return text.String()
}

// escape reads what follows a backtick.
func (p *parser) escape() string {
	if p.end() {
		return ""
	}
	if n := p.newline(p.i); n > 0 {
		p.i += n
		return p.s[p.i-n : p.i]
	}
	_, width := p.special(p.i)
	p.i += width
	switch c := p.s[p.i-width]; c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case '0':
		return "\x00"
	default:
		return p.s[p.i-width : p.i]
	}
}

// expand reads what a $ starts inside of a string or word, and reports whether something is put in for it.
func (p *parser) expand() bool {
	start := p.i
	switch c := p.peek(1); {
	case c == '(':
		p.i++
		p.group()
	case p.expandable():
		p.variable()
	default:
		p.i++
		return false
	}
	return p.i > start
}

// hereString reads @' or @" up to its end in a line of its own.
func (p *parser) hereString() Word {
	start := p.i
	kind, width := p.special(p.i + 1)
	p.i += 1 + width
	for {
		c, width := p.special(p.i)
		if c != ' ' {
			break
		}
		p.i += width
	}
	n := p.newline(p.i)
	if n == 0 && !p.end() {
		p.mistake(Span{start, start + 1 + width},
			"a here-string starts in the line below, and nothing may follow its first quote")
		return Word{Span: Span{start, p.i}}
	}
	w := Word{Known: true}
	from := p.i + n
	for !p.end() {
		if n := p.newline(p.i); n > 0 {
			if c, width := p.special(p.i + n); c == kind && p.i+n+width < len(p.s) && p.s[p.i+n+width] == '@' {
				if p.i > from {
					w.Value = p.s[from:p.i]
				}
				p.i += n + width + 1
				w.Span = Span{start, p.i}
				return w
			}
			p.i += n
			continue
		}
		switch {
		case kind == '"' && p.s[p.i] == '`':
			p.i++
			if p.newline(p.i) == 0 { // the end of a line still ends the here-string
				p.escape()
			}
		case kind == '"' && p.s[p.i] == '$':
			w.Known = !p.expand() && w.Known
		default:
			p.i++
		}
	}
	p.mistake(Span{start, start + 2}, `the here-string is never closed by "`+string(rune(kind))+`@" at the start `+
		`of a line`)
	return Word{Span: Span{start, len(p.s)}}
}

// expandable reports whether the $ here starts a variable or a subexpression.
func (p *parser) expandable() bool {
	return p.named(p.i+1) > 0 || p.peek(1) != 0 && strings.IndexByte("({$?^", p.peek(1)) >= 0
}

// variable reads $name, $scope:name, ${any name} or one of $$ $? $^, and returns the name without its scope.
func (p *parser) variable() string {
	start := p.i
	p.i++ // $
	switch c := p.peek(0); {
	case c == '{':
		p.i++
		from := p.i
		for !p.end() && p.s[p.i] != '}' {
			if p.s[p.i] == '`' {
				p.i++
			}
			p.i++
		}
		if p.end() {
			p.mistake(Span{start, start + 2}, `the variable "${" is never closed by "}"`)
			return ""
		}
		p.i++
		return unscoped(p.s[from : p.i-1])
	case c == '$' || c == '^':
		p.i++
		return string(c)
	}
	from := p.i
	for colon := false; !p.end(); {
		if n := p.named(p.i); n > 0 {
			p.i += n
			continue
		}
		c := p.s[p.i]
		if c == '?' {
			p.i++
			continue
		}
		if c != ':' || p.i == from || p.peek(1) == ':' {
			break
		}
		if p.named(p.i+1) == 0 && p.peek(1) != '?' {
			if !colon {
				p.mistake(Span{start, p.i + 1}, `the variable name "`+p.s[start:p.i+1]+`" ends with a colon; in a string it `+
					`is written "${`+p.s[from:p.i]+`}:"`)
				return ""
			}
			break
		}
		colon = true
		p.i++
	}
	return unscoped(p.s[from:p.i])
}

// unscoped takes away a scope. That of a drive, as env:, stays.
func unscoped(name string) string {
	name = strings.ToLower(name)
	for _, scope := range []string{"global:", "script:", "local:", "private:", "variable:", "using:"} {
		name = strings.TrimPrefix(name, scope)
	}
	return name
}
