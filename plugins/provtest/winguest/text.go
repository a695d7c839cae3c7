package winguest

import "strings"

// single reads 'text', with two quotes for one.
func (s *parser) single() string {
	s.at++
	var b strings.Builder
	for s.at < len(s.src) {
		if s.src[s.at] == '\'' {
			s.at++
			if s.peek() != '\'' {
				return b.String()
			}
		}
		b.WriteByte(s.src[s.at])
		s.at++
	}
	s.fail("text that does not end")
	return ""
}

// escapes are what follows a backtick, where it is not meant as it is.
var escapes = map[byte]string{'n': "\n", 'r': "\r", 't': "\t", '0': "\x00"}

// double reads "text with $variables".
func (s *parser) double() expression {
	s.at++
	var (
		t text
		b strings.Builder
	)
	for s.at < len(s.src) {
		switch c := s.src[s.at]; {
		case c == '`' && s.at+1 < len(s.src):
			s.at++
			if e, ok := escapes[s.src[s.at]]; ok {
				b.WriteString(e)
			} else {
				b.WriteByte(s.src[s.at])
			}
			s.at++
		case c == '"' && s.at+1 < len(s.src) && s.src[s.at+1] == '"':
			b.WriteByte('"')
			s.at += 2
		case c == '"':
			s.at++
			if len(t.parts) == 0 {
				return literal{b.String()}
			}
			t.parts = append(t.parts, literal{b.String()})
			return t
		case c == '$' && s.at+1 < len(s.src) && (isName(s.src[s.at+1]) || s.src[s.at+1] == '{' || s.src[s.at+1] == '('):
			t.parts = append(t.parts, literal{b.String()})
			b.Reset()
			t.parts = append(t.parts, variable{s.interpolated()})
		default:
			b.WriteByte(c)
			s.at++
		}
	}
	s.fail("text that does not end")
	return nil
}

// interpolated reads a variable inside of text, where a full stop after it is text.
func (s *parser) interpolated() string {
	start := s.at
	s.at++
	if s.peek() == '{' {
		s.at = start
		return s.variable()
	}
	from := s.at
	for s.at < len(s.src) && (isName(s.src[s.at]) || s.src[s.at] == ':' && s.at+1 < len(s.src) && isName(s.src[s.at+1])) {
		s.at++
	}
	if s.at == from {
		s.fail("an expression inside of text")
	}
	return strings.TrimPrefix(strings.ToLower(s.src[from:s.at]), "global:")
}
