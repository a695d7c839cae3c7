package deployment

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// checkBare says what bare image templates make of parameters and expressions: nothing.
func checkBare(root *armjson.Node, bodies []body, p Params) diag.List {
	var list diag.List
	for _, name := range sortedKeys(p.Values) {
		list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeUnknownParameter, Subject: diag.Range{File: root.Range.File},
			Summary: "a value is given for parameter \"" + name + "\", and the template has no parameters",
			Why:     "a bare image template is sent as it is; parameters belong to deployment templates",
		})
	}
	for _, b := range bodies {
		warnExpressions(b.node, b.at, &list)
	}
	return list
}

// warnExpressions looks for texts that were meant to be evaluated.
func warnExpressions(n *armjson.Node, path string, list *diag.List) {
	for i, item := range n.Items {
		warnExpressions(item, indexPath(path, i), list)
	}
	for _, m := range n.Members {
		warnExpressions(m.Value, joinPath(path, m.Key), list)
	}
	if !isCall(n) {
		return
	}
	list.Add(diag.Diagnostic{
		Severity: diag.Warning, Code: CodeBareExpression, Subject: n.Range, Path: path,
		Summary: "this text looks like an expression, and nothing evaluates it",
		Why:     "the document is a bare image template; expressions belong to deployment templates",
		Fix:     `put the image template into the "resources" of a deployment template, or write the value`,
	})
}

// isCall reports whether a node is an expression that calls a function the language has. A shell line like "[ -f /etc/x
// ]" is none.
func isCall(n *armjson.Node) bool {
	if n.Kind != armjson.String || !armexpr.IsExpression(n.Text) {
		return false
	}
	e, err := armexpr.Parse(n.Text)
	return err == nil && slices.ContainsFunc(armexpr.CallsIn(e), armexpr.IsFunction)
}

// callsFunctions reports whether there is such an expression anywhere in n.
func callsFunctions(n *armjson.Node) bool {
	return isCall(n) || slices.ContainsFunc(n.Items, callsFunctions) ||
		slices.ContainsFunc(n.Members, func(m armjson.Member) bool { return callsFunctions(m.Value) })
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
