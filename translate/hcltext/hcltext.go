// Package hcltext parses HCL that may come from anybody. HCL's own parser and evaluator call themselves for each level of nesting, and a
// file of a megabyte can nest so deep that the stack of the process overflows, which nothing can recover from.
package hcltext

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/diag"
)

// What one file may have. People stay far below; the stack would take a few hundred times as much.
const (
	MaxNesting   = 500  // brackets in brackets
	MaxOperators = 5000 // operators and brackets that are open at one place
)

// Parse is hclsyntax.ParseConfig for text that may nest too deep: that is an error in the diagnostics, and the file is then empty. The
// file is never nil, and its body is a *hclsyntax.Body.
func Parse(src []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if d := check(src, name); d != nil {
		return &hcl.File{Body: &hclsyntax.Body{SrcRange: *d.Subject, EndRange: *d.Subject}, Bytes: src}, hcl.Diagnostics{d}
	}
	f, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if f == nil {
		f = &hcl.File{Body: &hclsyntax.Body{}, Bytes: src}
	}
	return f, diags
}

// ParseExpression is hclsyntax.ParseExpression, likewise. The expression is nil when the diagnostics have errors.
func ParseExpression(src []byte, name string) (hclsyntax.Expression, hcl.Diagnostics) {
	if d := check(src, name); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	expr, diags := hclsyntax.ParseExpression(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return expr, diags
}

// check reads the words of a text without understanding them, and says what is too much.
func check(src []byte, name string) *hcl.Diagnostic {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos) // the parser says what is wrong
	at, err := TooDeep(tokens)
	if err == nil {
		return nil
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "The text nests too deep", Detail: err.Error(), Subject: &at}
}

// nesting is the state of the count.
type nesting struct {
	open      []hclsyntax.TokenType // brackets that are open
	operators []int                 // operators so far in the expression at each level, and outside of all
	total     int                   // the sum of operators
}

// TooDeep reports where a text nests deeper than is safe to parse; nil when it does not. Tokens are of LexConfig, LexExpression
// or LexTemplate.
func TooDeep(tokens hclsyntax.Tokens) (hcl.Range, error) {
	n := nesting{operators: []int{0}}
	for _, t := range tokens {
		switch t.Type { // what goes on with the expression before it: a call, an index, a directive in a text
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenTemplateControl:
			n.operator()
		}
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			n.open = append(n.open, t.Type)
			n.operators = append(n.operators, 0)
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
			hclsyntax.TokenTemplateSeqEnd:
			n.close()
		case hclsyntax.TokenComma:
			n.next()
		case hclsyntax.TokenNewline:
			// Inside of parentheses and square brackets, a line's end ends nothing.
			if len(n.open) == 0 || n.open[len(n.open)-1] == hclsyntax.TokenOBrace {
				n.next()
			}
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar, hclsyntax.TokenSlash,
			hclsyntax.TokenPercent, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenQuestion, hclsyntax.TokenEqualOp,
			hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan,
			hclsyntax.TokenGreaterThanEq:
			n.operator()
		}
		if len(n.open) > MaxNesting {
			return t.Range, fmt.Errorf("more than %d brackets inside each other", MaxNesting)
		}
		if n.total > MaxOperators {
			return t.Range, fmt.Errorf("more than %d operators in one expression", MaxOperators)
		}
	}
	return hcl.Range{}, nil
}

func (n *nesting) operator() {
	n.operators[len(n.operators)-1]++
	n.total++
}

// close leaves a bracket. One too many is for the parser to refuse.
func (n *nesting) close() {
	if len(n.open) == 0 {
		return
	}
	n.next()
	n.open = n.open[:len(n.open)-1]
	n.operators = n.operators[:len(n.operators)-1]
}

// next begins another expression at the same level.
func (n *nesting) next() {
	last := len(n.operators) - 1
	n.total -= n.operators[last]
	n.operators[last] = 0
}

// Range is a range of HCL in the terms of findings; the zero Range for one that is in no file.
func Range(r hcl.Range) diag.Range {
	if r.Filename == "" {
		return diag.Range{}
	}
	return diag.Range{
		File:  r.Filename,
		Start: diag.Pos{Line: r.Start.Line, Column: r.Start.Column, Byte: r.Start.Byte},
		End:   diag.Pos{Line: r.End.Line, Column: r.End.Column, Byte: r.End.Byte},
	}
}

// LowerFirst makes a sentence of HCL go on from ours.
func LowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToLower(r)) + s[n:]
}
