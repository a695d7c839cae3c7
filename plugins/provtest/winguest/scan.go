package winguest

import (
	"fmt"
	"strings"
)

// parser reads a script. It stops at the first thing that is beyond it.
type parser struct {
	src string
	at  int
	// depth bounds nesting, so that a hostile script cannot exhaust the stack.
	depth     int
	functions map[string]bool // that were defined so far
}

type notKnown struct{ err error }

func (s *parser) fail(format string, args ...any) {
	line := 1 + strings.Count(s.src[:min(s.at, len(s.src))], "\n")
	panic(notKnown{fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))})
}

// blanks skips blanks and continued lines; with lines, also ends of lines, semicolons and comments.
func (s *parser) blanks(lines bool) {
	for s.at < len(s.src) {
		switch c := s.src[s.at]; {
		case c == ' ' || c == '\t' || c == '\r':
			s.at++
		case c == '`' && strings.HasPrefix(s.src[s.at:], "`\n"):
			s.at += 2
		case c == '`' && strings.HasPrefix(s.src[s.at:], "`\r\n"):
			s.at += 3
		case c == '#':
			if end := strings.IndexByte(s.src[s.at:], '\n'); end >= 0 {
				s.at += end
			} else {
				s.at = len(s.src)
			}
		case lines && (c == '\n' || c == ';'):
			s.at++
		default:
			return
		}
	}
}

func (s *parser) peek() byte {
	if s.at < len(s.src) {
		return s.src[s.at]
	}
	return 0
}

func (s *parser) has(prefix string) bool {
	return len(s.src)-s.at >= len(prefix) && strings.EqualFold(s.src[s.at:][:len(prefix)], prefix)
}

// keyword takes a word, if it is the next one.
func (s *parser) keyword(word string) bool {
	if !s.has(word) {
		return false
	}
	if end := s.at + len(word); end < len(s.src) && isName(s.src[end]) {
		return false
	}
	s.at += len(word)
	return true
}

func isName(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func (s *parser) expect(c byte) {
	s.blanks(true)
	if s.peek() != c {
		s.fail("want %q", c)
	}
	s.at++
}

// bare reads a word without quotes.
func (s *parser) bare() string {
	start := s.at
	for s.at < len(s.src) && strings.IndexByte(" \t\r\n;|(){}'\"", s.src[s.at]) < 0 {
		s.at++
	}
	if s.at == start {
		s.fail("unexpected %q", s.peek())
	}
	return s.src[start:s.at]
}
