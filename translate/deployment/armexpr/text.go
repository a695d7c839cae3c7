// Package armexpr is the expression language of Azure deployment templates: "[concat('web-', parameters('env'))]".
//
// Parse turns the text of one JSON string into a tree, Eval turns the tree into a value. What an expression may see
// (parameters, variables, the scope it is deployed to) and which functions there are comes with the Env, so one
// evaluator serves the service's own functions, a test's, and later the user's. The language is pure: no clock, no network.
//
// Values are armjson nodes, so that a value taken from elsewhere in a file keeps the places of what is inside it.
//
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
package armexpr

import "strings"

// IsExpression reports whether a string of a deployment template is an expression: it starts with one "[" and ends with "]".
// Nothing is trimmed; a blank before or behind makes it a literal.
func IsExpression(text string) bool {
	return len(text) >= 2 && text[0] == '[' && text[1] != '[' && text[len(text)-1] == ']'
}

// Literal gives the value of a string that is no expression: "[[x]" is the way to write "[x]". One bracket goes, and only
// when the text ends in "]" too.
func Literal(text string) string {
	if strings.HasPrefix(text, "[[") && strings.HasSuffix(text, "]") {
		return text[1:]
	}
	return text
}
