package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// Functions returns the functions that are covered.
func Functions() Table {
	return Table{
		{"parameters", 1, 1, parametersFunc},
		{"variables", 1, 1, variablesFunc},
		{"concat", 1, -1, concat},
		{"format", 1, -1, format},
		{"resourceGroup", 0, 0, resourceGroup},
		{"resourceId", 2, -1, resourceID},
		{"subscription", 0, 0, subscription},
		{"toLower", 1, 1, onText(strings.ToLower)},
		{"toUpper", 1, 1, onText(strings.ToUpper)},
		{"uniqueString", 1, -1, uniqueString},
	}
}

func parametersFunc(a *Args) (*armjson.Node, error) {
	return lookup(a, a.Env.Parameter, "parameters")
}

func variablesFunc(a *Args) (*armjson.Node, error) {
	return lookup(a, a.Env.Variable, "variables")
}

func lookup(a *Args, find func(string) (*armjson.Node, error), what string) (*armjson.Node, error) {
	name, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if find == nil {
		return nil, &Error{Summary: what + " cannot be used here", Why: "a default value may use parameters, but no variables"}
	}
	return find(name)
}

// onText makes a function of one string.
func onText(f func(string) string) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		s, err := a.Text(0)
		if err != nil {
			return nil, err
		}
		return text(f(s)), nil
	}
}

// concat joins arrays if its first argument is one, else texts; numbers and booleans join in their text form.
func concat(a *Args) (*armjson.Node, error) {
	if a.Values[0].Kind == armjson.Array {
		joined := &armjson.Node{Kind: armjson.Array}
		for i, v := range a.Values {
			if v.Kind != armjson.Array {
				return nil, a.Fail(i, "concat of arrays takes arrays only, not %s", v.Kind)
			}
			joined.Items = append(joined.Items, v.Items...)
		}
		return joined, nil
	}
	var b strings.Builder
	for i, v := range a.Values {
		switch v.Kind {
		case armjson.String, armjson.Number, armjson.Bool:
			b.WriteString(textForm(v))
		default:
			return nil, a.Fail(i, "concat of texts does not take %s", v.Kind)
		}
	}
	return text(b.String()), nil
}
