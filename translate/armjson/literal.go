package armjson

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// scalar reads true, false, null or a number. It takes in all that could belong to one, so that "1.2.3" gives one finding.
func (p *parser) scalar() *Node {
	start := p.mark()
	end := p.pos.Byte
	for end < len(p.src) && !p.endsScalar(end) {
		end++
	}
	text := p.text[p.pos.Byte:end]
	kind := Null
	switch {
	case text == "null":
	case text == "true", text == "false":
		kind = Bool
	case isNumber(text):
		kind = Number
	default:
		return p.junkValue()
	}
	if p.byteAt(end) == '"' && p.mayFollow(end+1) && !p.loose { // a text that lacks its first quote
		return p.junkValue()
	}
	p.pos.Byte, p.pos.Column = end, p.pos.Column+len(text)
	p.prev = p.from(start.pos)
	n := p.node(kind, start.pos)
	switch kind {
	case Bool:
		n.Bool = text == "true"
	case Number:
		n.Text = text
	}
	return n
}

// endsScalar reports whether the byte at an offset cannot be part of a number or word.
func (p *parser) endsScalar(offset int) bool {
	switch c := p.src[offset]; c {
	case ',', ';', ']', '}', ':', '"', '{', '[':
		return true
	case '/':
		next := p.byteAt(offset + 1)
		return next == '/' || next == '*'
	default:
		return c <= ' '
	}
}

// isNumber holds a text to the grammar of RFC 8259 section 6.
func isNumber(s string) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	if s != "" && s[0] == '0' {
		s = s[1:]
	} else if !digits() {
		return false
	}
	if s != "" && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}
