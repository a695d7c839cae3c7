package armexpr

import (
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/ingot-build/ingot/translate/armjson"
)

func comparisonFunctions() []Function {
	return []Function{
		{Name: "coalesce", Group: Comparison,
			Summary: "the first argument that is not null; those behind it are not evaluated",
			Min:     1, Max: -1, Lazy: true, Passes: true, Eval: coalesce},
		{Name: "equals", Group: Comparison,
			Summary: "whether two values are the same: type, case of texts, all that is inside",
			Min:     2, Max: 2, Result: armjson.Bool, Unknowns: NeedsNone, Eval: equals},
		{Name: "greater", Group: Comparison,
			Summary: "whether a number or text is greater than another; \"A\" is greater than \"a\"",
			Min:     2, Max: 2, Result: armjson.Bool, Eval: ordered(func(c int) bool { return c > 0 })},
		{Name: "greaterOrEquals", Group: Comparison, Summary: "whether a number or text is not less than another",
			Min: 2, Max: 2, Result: armjson.Bool, Eval: ordered(func(c int) bool { return c >= 0 })},
		{Name: "less", Group: Comparison,
			Summary: "whether a number or text is less than another; \"a\" is less than \"A\"",
			Min:     2, Max: 2, Result: armjson.Bool, Eval: ordered(func(c int) bool { return c < 0 })},
		{Name: "lessOrEquals", Group: Comparison, Summary: "whether a number or text is not greater than another",
			Min: 2, Max: 2, Result: armjson.Bool, Eval: ordered(func(c int) bool { return c <= 0 })},
	}
}

func equals(a *Args) (*armjson.Node, error) {
	if err := a.work(min(comparing(a.Values[0]), comparing(a.Values[1]))); err != nil {
		return nil, err
	}
	return a.answered(same(a.Values[0], a.Values[1])), nil
}

// answered is the value of a call that asks a question: unknown when the known parts of the arguments do not decide it.
func (a *Args) answered(is answer) *armjson.Node {
	if is == maybe {
		return a.Unknown(a.Values...)
	}
	return armjson.NewBool(is == yes)
}

// ordered makes a function of the order of two numbers or two texts.
func ordered(holds func(c int) bool) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		x, y := a.Values[0], a.Values[1]
		if x.Kind != armjson.Number && x.Kind != armjson.String {
			return nil, a.Wants(0, "a number or a string")
		}
		if x.Kind != y.Kind {
			return nil, a.Fail(1, "%s compares two numbers or two strings, not %s with %s", a.f.Name, x.Kind, y.Kind)
		}
		if err := a.work(2 * collationCost * (x.Weight() + y.Weight())); err != nil {
			return nil, err
		}
		if x.Kind == armjson.Number {
			return armjson.NewBool(holds(compareNumbers(x.Text, y.Text))), nil
		}
		return armjson.NewBool(holds(compareTexts(x.Text, y.Text))), nil
	}
}

// collators hold the order of texts of no particular language, as the service's invariant culture has it: letters
// before case, so that "a" < "A" < "b". A collator serves one goroutine at a time.
var collators = sync.Pool{New: func() any { return collate.New(language.Und) }}

func compareTexts(a, b string) int {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	// The collator takes bytes that are no UTF-8 one by one; what was read from JSON has none.
	return c.CompareString(strings.ToValidUTF8(a, "\uFFFD"), strings.ToValidUTF8(b, "\uFFFD"))
}
