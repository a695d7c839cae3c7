package armexpr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
)

const (
	// maxLength is the longest expression the service takes, in characters.
	// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
	maxLength = 24576
	maxDepth  = 200 // of calls and indexes; bounds the recursion
)

// Parse reads an expression with its brackets: IsExpression(text) must hold.
func Parse(text string) (Expr, *Error) {
	if n := utf8.RuneCountInString(text); n > maxLength {
		return nil, &Error{Span: Span{0, len(text)}, Summary: fmt.Sprintf("the expression has %d characters", n),
			Why: fmt.Sprintf("the service takes up to %d", maxLength)}
	}
	p := &parser{text: text[:len(text)-1], at: 1}
	p.advance()
	if p.tok.kind == tokEnd && p.err == nil {
		p.fail(Span{0, len(text)}, "the expression is empty", `write "[[]" for the text "[]"`)
	}
	e := p.expr()
	if p.err == nil && p.tok.kind != tokEnd {
		fix := ""
		if p.tok.text == ")" {
			fix = "remove it, or look for a parenthesis that was closed too early"
		}
		p.fail(p.tok.span, fmt.Sprintf("%s stands behind the end of the expression", p.tokName()), fix)
	}
	if p.err != nil {
		if p.err.Fix == "" {
			p.err.Fix = `if the text is meant as it stands, start it with "[["`
		}
		return nil, p.err
	}
	return e, nil
}

// parser reads one token ahead. After the first error every method returns at once.
type parser struct {
	text  string
	at    int // offset behind tok
	tok   token
	depth int
	err   *Error
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	tok, err := lex(p.text, p.at)
	if err != nil {
		p.err, p.tok = err, token{}
		return
	}
	p.tok, p.at = tok, tok.span.To
}

func (p *parser) fail(at Span, summary, fix string) {
	if p.err == nil {
		p.err = &Error{Span: at, Summary: summary, Fix: fix}
	}
}

// is reports whether the next token is the given punctuation.
func (p *parser) is(punct string) bool {
	return p.err == nil && p.tok.kind == tokPunct && p.tok.text == punct
}

func (p *parser) tokName() string {
	switch p.tok.kind {
	case tokEnd:
		return "the end"
	case tokString:
		return "'" + p.tok.text + "'"
	default:
		return `"` + p.tok.text + `"`
	}
}

func (p *parser) want(punct, where string) Span {
	if !p.is(punct) {
		p.fail(p.tok.span, fmt.Sprintf(`%s stands where "%s" is wanted %s`, p.tokName(), punct, where), "")
	}
	at := p.tok.span
	p.advance()
	return at
}

// expr reads an operand and all that follows it: .name and [key].
func (p *parser) expr() Expr {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.tok.span, fmt.Sprintf("the expression is nested more than %d deep", maxDepth), "")
	}
	defer func() { p.depth-- }()
	e := p.operand()
	for steps := 0; p.err == nil; steps++ {
		switch {
		case steps > maxDepth:
			p.fail(p.tok.span, fmt.Sprintf("more than %d properties and indexes follow each other", maxDepth), "")
		case p.is("."):
			p.advance()
			if p.tok.kind != tokName {
				p.fail(p.tok.span, fmt.Sprintf("%s stands where a property name is wanted", p.tokName()),
					"write names with other characters as ['name']")
			}
			e = &Property{Target: e, Name: p.tok.text, NamePlace: p.tok.span}
			p.advance()
		case p.is("["):
			p.advance()
			key := p.expr()
			end := p.want("]", "after an index")
			if p.err == nil {
				e = &Index{Target: e, Key: key, Place: Span{e.Span().From, end.To}}
			}
		default:
			return e
		}
	}
	return nil
}

func (p *parser) operand() Expr {
	if p.err != nil {
		return nil
	}
	switch tok := p.tok; tok.kind {
	case tokString:
		p.advance()
		return &Text{Value: tok.text, Place: tok.span, node: armjson.NewString(tok.text)}
	case tokNumber:
		p.advance()
		return p.number(tok)
	case tokName:
		p.advance()
		return p.call(tok)
	default:
		p.fail(tok.span, fmt.Sprintf("%s stands where a value is wanted", p.tokName()), "")
		return nil
	}
}

func (p *parser) number(tok token) Expr {
	text := strings.TrimPrefix(tok.text, "+")
	if strings.Contains(text, ".") {
		if _, err := strconv.ParseFloat(text, 64); err != nil || strings.HasSuffix(text, ".") {
			p.fail(tok.span, tok.text+" is not a number", "")
		}
		return newNumber(text, tok.span)
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		p.fail(tok.span, tok.text+" does not fit a 64-bit integer", "")
	}
	return newNumber(strconv.FormatInt(v, 10), tok.span)
}

func newNumber(text string, place Span) *Number {
	return &Number{Text: text, Place: place, node: &armjson.Node{Kind: armjson.Number, Text: text}}
}

// call reads the rest of name(args) or namespace.name(args).
func (p *parser) call(name token) Expr {
	c := &Call{Name: name.text, NamePlace: name.span}
	if p.is(".") {
		p.advance()
		if p.tok.kind != tokName {
			p.fail(p.tok.span, fmt.Sprintf("%s stands where a function name is wanted", p.tokName()), "")
			return nil
		}
		c.Namespace, c.Name = name.text, p.tok.text
		c.NamePlace.To = p.tok.span.To
		p.advance()
	}
	if !p.is("(") {
		written := p.text[c.NamePlace.From:c.NamePlace.To]
		p.fail(c.NamePlace, fmt.Sprintf(`"%s" is neither a function call nor a text in quotes`, written),
			fmt.Sprintf(`write '%s' for a text, %[1]s() for a call, or start the string with "[[" if all of it is a text`, name.text))
		return nil
	}
	p.advance()
	for p.err == nil && !p.is(")") {
		c.Args = append(c.Args, p.expr())
		if !p.is(",") {
			break
		}
		p.advance()
		if p.is(")") {
			p.fail(p.tok.span, `")" stands where a value is wanted`, "remove the comma before it")
		}
	}
	end := p.want(")", "after the arguments of "+c.Name)
	c.Place = Span{c.NamePlace.From, end.To}
	return c
}
