package hcl2

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/hcltext"
)

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
			if depth++; depth > hcltext.MaxNesting {
				return fmt.Errorf("more than %d brackets inside each other", hcltext.MaxNesting)
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
	if _, err := hcltext.TooDeep(tokens); err != nil {
		return nil, err
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, errors.New("not an expression of HCL")
	}
	return expr, nil
}
