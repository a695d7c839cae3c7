package winguest

import "strings"

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
