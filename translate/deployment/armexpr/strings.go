package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

func stringFunctions() []Function {
	return []Function{
		{Name: "concat", Group: Strings, Summary: "joins texts, or arrays if the first argument is one", Min: 1, Max: -1,
			Unknowns: NeedsShape, Eval: concat},
		{Name: "format", Group: Strings, Summary: "fills {0}, {1,-10}, {2:N0} as .NET does", Min: 1, Max: -1,
			Result: armjson.String, Eval: format},
		{Name: "toLower", Group: Strings, Summary: "lower case, of no particular language", Min: 1, Max: 1,
			Result: armjson.String, Eval: onText(strings.ToLower)},
		{Name: "toUpper", Group: Strings, Summary: "upper case, of no particular language", Min: 1, Max: 1,
			Result: armjson.String, Eval: onText(strings.ToUpper)},
		{Name: "uniqueString", Group: Strings, Summary: "13 letters and digits made of the arguments alone", Min: 1, Max: -1,
			Result: armjson.String, Eval: uniqueString},
	}
}

// onText makes a function of one string.
func onText(f func(string) string) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		s, err := a.Text(0)
		if err != nil {
			return nil, err
		}
		return armjson.NewString(f(s)), nil
	}
}

// concat joins arrays if its first argument is one, else texts; numbers and booleans join in their text form.
func concat(a *Args) (*armjson.Node, error) {
	if a.Values[0].Kind == armjson.Array {
		var joined []*armjson.Node
		for i, v := range a.Values {
			if v.Kind != armjson.Array {
				return nil, a.Fail(i, "concat of arrays takes arrays only, not %s", v.Kind)
			}
			joined = append(joined, v.Items...)
		}
		return armjson.NewArray(joined), nil
	}
	var b strings.Builder
	for i, v := range a.Values {
		switch v.Kind {
		case armjson.String, armjson.Number, armjson.Bool:
			if err := a.Fits(int64(b.Len()+len(v.Text)), 0); err != nil {
				return nil, err
			}
			b.WriteString(textForm(v))
		default:
			return nil, a.Fail(i, "concat of texts does not take %s", v.Kind)
		}
	}
	return armjson.NewString(b.String()), nil
}
