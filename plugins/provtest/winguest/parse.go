package winguest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A script is a list of statements. Only what parseScript knows has a form here; everything else is an error of it, so that no
// script is run by half.
type (
	statement interface{}
	ifElse    struct{ tests []ifTest }
	ifTest    struct { // of an else: no condition
		condition expression
		body      []statement
	}
	tryCatch struct{ body, catch, finally []statement }
	assign   struct {
		name  string // in lower case, with its scope: env:path
		value expression
	}
	exit  struct{ code expression } // nil: none
	throw struct{ message expression }
	call  struct {
		dot   bool // . instead of &
		block []statement
		path  expression // nil: the block
	}
	run struct {
		name  string // in lower case
		words []argument
		null  bool // | Out-Null
	}
	show struct{ value expression } // a value that stands alone is output

	define struct { // of a function
		name   string
		params []string
		body   []statement
	}
	while struct {
		condition expression
		body      []statement
	}
	leave struct{ kind int } // break and return
)

// argument is one word behind a command: an option or a value.
type argument struct {
	option string // -Name without its dash, in lower case; "" for a value
	value  expression
	bare   string // the value as written, where it was written without quotes
}

type expression interface{}

type (
	literal   struct{ value any } // string, int, bool, nil
	variable  struct{ name string }
	text      struct{ parts []expression } // "with $variables"
	operation struct {
		op          string // and, or, eq, ne, like, gt, lt
		left, right expression
	}
	negate   struct{ of expression }
	evaluate struct{ what run } // (Test-Path x)
	cast     struct {           // [int]$x
		to string
		of expression
	}
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

// parseScript reads a script. The error says what is beyond this PowerShell, which is not to say that it is wrong.
func parseScript(src string) (list []statement, err error) {
	s := &parser{src: src, functions: map[string]bool{}}
	defer func() {
		if v := recover(); v != nil {
			n, ok := v.(notKnown)
			if !ok {
				panic(v)
			}
			list, err = nil, n.err
		}
	}()
	list = s.statements()
	if s.at < len(s.src) {
		s.fail("unexpected %q", s.src[s.at])
	}
	return list, nil
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

func (s *parser) statements() []statement {
	if s.depth++; s.depth > 50 {
		s.fail("nested too deeply")
	}
	defer func() { s.depth-- }()
	var list []statement
	for {
		s.blanks(true)
		if c := s.peek(); c == 0 || c == '}' {
			return list
		}
		list = append(list, s.statement())
		s.blanks(false)
		if c := s.peek(); c != 0 && c != '\n' && c != ';' && c != '}' {
			switch list[len(list)-1].(type) {
			case ifElse, tryCatch, define, while: // they end by themselves
			default:
				s.fail("unexpected %q", c)
			}
		}
	}
}

func (s *parser) body() []statement {
	s.expect('{')
	list := s.statements()
	s.expect('}')
	return list
}

func (s *parser) statement() statement {
	switch {
	case s.keyword("if"):
		return s.ifElse()
	case s.keyword("try"):
		return s.tryCatch()
	case s.keyword("function"):
		return s.function()
	case s.keyword("while"):
		s.expect('(')
		e := s.condition()
		s.expect(')')
		return while{e, s.body()}
	case s.keyword("break"):
		return leave{broke}
	case s.keyword("return"):
		if s.rest() != nil {
			s.fail("a value that is returned")
		}
		return leave{returned}
	case s.keyword("exit"):
		return exit{s.rest()}
	case s.keyword("throw"):
		return throw{s.rest()}
	case s.peek() == '&' || s.peek() == '.' && s.at+1 < len(s.src) && s.src[s.at+1] == ' ':
		return s.call()
	case s.peek() == '$' || s.peek() == '"' || s.peek() == '\'' || s.peek() == '(' || s.peek() >= '0' && s.peek() <= '9':
		start := s.at
		if s.peek() == '$' {
			if name := s.variable(); s.assigns() {
				return assign{name, s.assigned()}
			}
			s.at = start
		}
		return show{s.expression()}
	default:
		return s.run()
	}
}

// assigns takes an equals sign.
func (s *parser) assigns() bool {
	s.blanks(false)
	if s.peek() != '=' {
		return false
	}
	s.at++
	s.blanks(false)
	return true
}

// assigned is what a variable gets: a value, or what a command gives.
func (s *parser) assigned() expression {
	if c := s.peek(); c|0x20 >= 'a' && c|0x20 <= 'z' {
		return s.evaluated()
	}
	e := s.sum()
	s.blanks(false)
	return e
}

// evaluated is a command whose result is a value. What functions and programs print is none here.
func (s *parser) evaluated() expression {
	r := s.run()
	if _, ok := cmdlets[r.name]; !ok {
		s.fail("the output of %s as a value", r.name)
	}
	return evaluate{r}
}

// function reads the definition of one: its name, its parameters in parentheses, and its body. What it gives cannot be used as a value:
// it is output.
func (s *parser) function() statement {
	s.blanks(false)
	start := s.at
	for s.at < len(s.src) && (isName(s.src[s.at]) || s.src[s.at] == '-') {
		s.at++
	}
	f := define{name: strings.ToLower(s.src[start:s.at])}
	if f.name == "" || known(f.name) {
		s.fail("a function %q", f.name)
	}
	s.blanks(true)
	if s.peek() == '(' {
		for s.at++; ; s.at++ {
			s.blanks(true)
			if s.has("[string]") {
				s.at += len("[string]")
			}
			if s.peek() != '$' {
				s.fail("want a parameter")
			}
			f.params = append(f.params, s.variable())
			s.blanks(true)
			if s.peek() != ',' {
				break
			}
		}
		s.expect(')')
	}
	s.functions[f.name] = true // it may call itself
	f.body = s.body()
	return f
}

// rest is the optional expression behind a keyword.
func (s *parser) rest() expression {
	s.blanks(false)
	if c := s.peek(); c == 0 || c == '\n' || c == ';' || c == '}' {
		return nil
	}
	return s.expression()
}

func (s *parser) ifElse() statement {
	var st ifElse
	condition := func() expression {
		s.expect('(')
		e := s.condition()
		s.expect(')')
		return e
	}
	st.tests = append(st.tests, ifTest{condition(), s.body()})
	for {
		before := s.at
		s.blanks(true)
		switch {
		case s.keyword("elseif"):
			st.tests = append(st.tests, ifTest{condition(), s.body()})
			continue
		case s.keyword("else"):
			st.tests = append(st.tests, ifTest{nil, s.body()})
		default:
			s.at = before
		}
		return st
	}
}

func (s *parser) tryCatch() statement {
	t := tryCatch{body: s.body()}
	before := s.at
	s.blanks(true)
	if s.keyword("catch") {
		t.catch = s.body()
		before = s.at
		s.blanks(true)
	}
	if s.keyword("finally") {
		t.finally = s.body()
		before = s.at
	}
	s.at = before
	return t
}

func (s *parser) call() statement {
	c := call{dot: s.peek() == '.'}
	s.at++
	s.blanks(false)
	switch s.peek() {
	case '{':
		c.block = s.body()
	case '"', '\'', '$':
		c.path = s.primary()
	default:
		c.path = literal{s.bare()}
	}
	return c
}

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

// run reads a command with its words.
func (s *parser) run() run {
	name := s.bare()
	r := run{name: strings.TrimSuffix(strings.ToLower(name), ".exe")}
	if !known(r.name) && !s.functions[r.name] {
		s.fail("the command %q", name)
	}
	for {
		s.blanks(false)
		switch c := s.peek(); {
		case c == '|':
			s.at++
			s.blanks(true)
			if !s.keyword("out-null") {
				s.fail("a pipe to something")
			}
			r.null = true
			return r
		case c == 0 || c == '\n' || c == ';' || c == '}' || c == ')':
			return r
		case c == '-' && s.at+1 < len(s.src) && s.src[s.at+1]|0x20 >= 'a' && s.src[s.at+1]|0x20 <= 'z':
			if r.name == "test-path" && s.operator() {
				return r
			}
			word := s.bare()
			if !external(r.name) && strings.Contains(word, ":") {
				s.fail("the option %s", word)
			}
			r.words = append(r.words, argument{option: strings.ToLower(word[1:]), bare: word})
		case c == '\'' || c == '"' || c == '$' || c == '(':
			r.words = append(r.words, argument{value: s.primary()})
		case c == '>' || c == '<' || c == '@' || c == '{':
			s.fail("unexpected %q", c)
		default:
			word := s.bare()
			r.words = append(r.words, argument{value: literal{word}, bare: word})
		}
	}
}
