package winguest

import (
	"slices"
	"strconv"
	"strings"
)

// variable reads $name, $env:name or ${env:name}, and gives the name in lower case.
func (s *parser) variable() string {
	s.at++
	braces := s.peek() == '{'
	if braces {
		s.at++
	}
	start := s.at
	for s.at < len(s.src) && (isName(s.src[s.at]) || s.src[s.at] == ':' && s.at+1 < len(s.src) && isName(s.src[s.at+1])) {
		s.at++
	}
	name := strings.ToLower(s.src[start:s.at])
	if name == "" {
		s.fail("an expression after $")
	}
	if braces {
		s.expect('}')
	}
	if s.peek() == '[' {
		s.fail("an element of $%s", name)
	}
	return strings.TrimPrefix(name, "global:")
}

// members reads what is behind a value: .Name, as often as it comes. Methods are beyond this.
func (s *parser) members(e expression) expression {
	for s.peek() == '.' && s.at+1 < len(s.src) && isName(s.src[s.at+1]) {
		start := s.at + 1
		for s.at++; s.at < len(s.src) && isName(s.src[s.at]); s.at++ {
		}
		if s.peek() == '(' {
			s.fail("a method")
		}
		e = member{e, strings.ToLower(s.src[start:s.at])}
	}
	return e
}

// sum reads values with + and - between them, whole numbers each.
func (s *parser) sum() expression {
	e := s.primary()
	for {
		before := s.at
		s.blanks(false)
		c := s.peek()
		if c != '+' && c != '-' || s.at+1 >= len(s.src) || s.src[s.at+1] != ' ' {
			s.at = before
			return e
		}
		s.at++
		s.blanks(false)
		e = operation{string(c), e, s.primary()}
	}
}

// binaries are the operators between two values.
var binaries = []string{"eq", "ne", "gt", "lt", "ge", "le", "like"}

// operator reports whether an operator is next. In a condition, it ends a command without parentheses.
func (s *parser) operator() bool {
	return slices.ContainsFunc(binaries, func(op string) bool { return s.has("-" + op + " ") }) || s.has("-and ") || s.has("-or ")
}

// condition reads expressions with -and and -or between them, which bind alike, from the left.
func (s *parser) condition() expression {
	if s.depth++; s.depth > 50 {
		s.fail("nested too deeply")
	}
	defer func() { s.depth-- }()
	s.blanks(true)
	e := s.comparison()
	for {
		s.blanks(true)
		switch {
		case s.keyword("-and"):
			e = operation{"and", e, s.comparison()}
		case s.keyword("-or"):
			e = operation{"or", e, s.comparison()}
		default:
			return e
		}
	}
}

func (s *parser) comparison() expression {
	s.blanks(true)
	e := s.operand()
	s.blanks(true)
	for _, op := range binaries {
		if s.keyword("-" + op) {
			return operation{op, e, s.operand()}
		}
	}
	return e
}

// operand is a value, a command in parentheses, or, in a condition, a command.
func (s *parser) operand() expression {
	s.blanks(true)
	if s.keyword("-not") {
		return negate{s.operand()}
	}
	if s.peek() == '!' {
		s.at++
		return negate{s.operand()}
	}
	if c := s.peek(); c|0x20 >= 'a' && c|0x20 <= 'z' {
		return s.evaluated()
	}
	return s.sum()
}

func (s *parser) expression() expression {
	e := s.sum()
	s.blanks(false)
	return e
}

func (s *parser) primary() expression {
	switch c := s.peek(); {
	case c == '\'':
		return literal{s.single()}
	case c == '"':
		return s.double()
	case c == '(':
		s.at++
		e := s.condition()
		s.expect(')')
		return s.members(e)
	case c == '$':
		return s.members(variable{s.variable()})
	case s.has("[int]$") || s.has("[string]$"):
		start := s.at + 1
		s.at = strings.IndexByte(s.src[s.at:], ']') + s.at
		to := strings.ToLower(s.src[start:s.at])
		s.at++
		return cast{to, s.primary()}
	case c >= '0' && c <= '9' || c == '-':
		word := s.bare()
		n, err := strconv.Atoi(word)
		if err != nil {
			s.fail("%q instead of a number", word)
		}
		return literal{n}
	default:
		s.fail("a kind of expression that begins with %q", c)
		return nil
	}
}
