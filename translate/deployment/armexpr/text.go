// Package armexpr is the expression language of Azure deployment templates: "[concat('web-', parameters('env'))]".
//
// Parse turns the text of one JSON string into a tree, Eval turns the tree into a value. What an expression may see
// (parameters, variables, the scope it is deployed to, the clock) comes with the Env: the language is pure. The
// functions are in a file for each group: arrays.go, dates.go and so on.
//
// Values are armjson nodes, so that a value taken from elsewhere in a file keeps the places of what is inside it. What
// only the deployment will know, the answer of reference() for one, is a value too: an unknown one, which says why, and
// which makes what is computed from it unknown. A Budget bounds what a template can make Eval do.
//
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
package armexpr

import "strings"

// IsExpression reports whether a string of a deployment template is an expression: it starts with one "[" and ends with
// "]". Nothing is trimmed; a blank before or behind makes it a literal.
func IsExpression(text string) bool {
	return len(text) >= 2 && text[0] == '[' && text[1] != '[' && text[len(text)-1] == ']'
}

// Literal gives the value of a string that is no expression: "[[x]" is the way to write "[x]". One bracket goes, and
// only when the text ends in "]" too.
func Literal(text string) string {
	if strings.HasPrefix(text, "[[") && strings.HasSuffix(text, "]") {
		return text[1:]
	}
	return text
}
