package hcl2

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The parsers of HCL call themselves for each bracket and each operator inside another, and evaluating does so again. A text can
// nest deeper than any stack, and then the whole process ends; so texts are looked at, token by token, before they are parsed.
const (
	maxNesting   = 500  // brackets in brackets
	maxOperators = 5000 // operators and brackets that are open at one place
)

// nesting is the state of the count.
type nesting struct {
	open      []hclsyntax.TokenType // brackets that are open
	operators []int                 // operators so far in the expression at each level, and outside of all
	total     int                   // the sum of operators
}

// tooDeep reports where a text nests deeper than is safe to parse; nil when it does not. Tokens are of LexConfig, LexExpression
// or LexTemplate.
func tooDeep(tokens hclsyntax.Tokens) (hcl.Range, error) {
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
		if len(n.open) > maxNesting {
			return t.Range, fmt.Errorf("more than %d brackets inside each other", maxNesting)
		}
		if n.total > maxOperators {
			return t.Range, fmt.Errorf("more than %d operators in one expression", maxOperators)
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

// tooDeepJSON counts the brackets of JSON.
func tooDeepJSON(src []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return fmt.Errorf("more than %d brackets inside each other", maxNesting)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// parseExpression parses the text of one expression that stands in no file.
func parseExpression(text string) (hclsyntax.Expression, error) {
	tokens, _ := hclsyntax.LexExpression([]byte(text), "", hcl.InitialPos)
	if _, err := tooDeep(tokens); err != nil {
		return nil, err
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, errors.New("not an expression of HCL")
	}
	return expr, nil
}
