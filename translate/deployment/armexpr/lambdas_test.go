package armexpr_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

func TestLambdas(t *testing.T) {
	const names = "lambda('p', $p.name)"
	values{
		"[map(createArray('a'), lambda('x', 'i', $I))]":                                                `[0]`,
		"[map(createArray(1), LAMBDA('x', map(createArray(2), lambda('y', sub($x, $y)))))]":            `[[-1]]`,
		"[map(createArray(1, 2), lambda('x', add(length(map(createArray(5), lambda('X', $x))), $x)))]": `[2,3]`,
		"[map(@people, " + names +
			")]": `["Ann","bob","Cy"]`,
		"[map(createArray(1), lambda(5))]":                                                    "error: the lambda of map takes 1 to 2 variables, not 0",
		"[map(createArray(1), lambda('a', 'b', 'c', 5))]":                                     "error: the lambda of map takes 1 to 2 variables, not 3",
		"[map(createArray(1), lambda('a', 'A', 5))]":                                          `error: two variables of this lambda are named "A"`,
		"[map(createArray(1), lambda(a(), 5))]":                                               "error: a lambda takes names as texts in quotes, and an expression behind them",
		"[map(createArray(1), 'x')]":                                                          "error: map takes a lambda here",
		"[map(createArray(1), lambda())]":                                                     "error: a lambda takes names as texts in quotes, and an expression behind them",
		"[map('a', " + names + ")]":                                                           "error: map takes an array here, not a string",
		"[lambda('x', 1)]":                                                                    "error: a lambda stands where a value is wanted",
		"[createArray(lambda('x', 1))]":                                                       "error: a lambda stands where a value is wanted",
		"[$x]":                                                                                `error: no lambda around has a variable "x"`,
		"[createArray(map(createArray(1), lambda('x', 1)), $x)]":                              `error: no lambda around has a variable "x"`,
		"[filter(createArray(0), lambda('x', $x))]":                                           "error: the lambda of filter gives a number, not a boolean",
		"[filter(@people, lambda('p', 'i', equals($i, 1)))]":                                  `[{"name":"bob","age":7}]`,
		"[reduce(createArray(), 'start', lambda('a', 'b', 'x'))]":                             `"start"`,
		"[reduce(range(0, 4), 0, lambda('a', 'b', 'i', add($a, mul($i, 10))))]":               `60`,
		"[reduce(createArray(1), 0, lambda('a', 1))]":                                         "error: the lambda of reduce takes 2 to 3 variables, not 1",
		"[mapValues(createObject('b', 1, 'a', 2), lambda('v', string($v)))]":                  `{"b":"1","a":"2"}`,
		"[mapValues(createArray(), lambda('v', 1))]":                                          "error: mapValues takes an object here, not an array",
		"[mapValues(createObject(), lambda('v', 'i', 1))]":                                    "error: the lambda of mapValues takes 1 variable, not 2",
		"[toObject(@people, lambda('p', string($p.age)), " + names + ")]":                     `{"30":"Cy","7":"bob"}`,
		"[toObject(createArray('A', 'a'), lambda('x', $x))]":                                  `{"A":"A","a":"a"}`,
		"[toObject(createArray(1), lambda('x', $x))]":                                         "error: the lambda of toObject gives a number as a name, not a string",
		"[toObject(createArray(1), lambda('x', 'a'), 'b')]":                                   "error: toObject takes a lambda here",
		"[mapValues(groupBy(@people, lambda('p', string($p.age))), lambda('g', length($g)))]": `{"30":2,"7":1}`,
		"[groupBy(@people, lambda('p', string($p.age)), lambda('p', length($p)))]":            `{"30":[2,2],"7":[2]}`,
		"[groupBy(createArray('k'), lambda('x', $x), 'v')]":                                   "error: groupBy takes a lambda here",
		"[groupBy(createArray(null()), lambda('x', $x))]":                                     "error: the lambda of groupBy gives null as a name, not a string",
	}.checkIn(t, valueEnv)
}

// TestSortIsStable: equal elements keep their order, also when the lambda says of them that each comes before the other, and a lambda
// that contradicts itself loses none.
func TestSortIsStable(t *testing.T) {
	sorted := func(body string) string {
		return "[map(sort(@people, lambda('a', 'b', " + body + ")), lambda('p', $p.name))]"
	}
	const ages = "($a.age, $b.age)"
	values{
		sorted("less" + ages):            `["bob","Ann","Cy"]`,
		sorted("lessOrEquals" + ages):    `["bob","Ann","Cy"]`,
		sorted("greater" + ages):         `["Ann","Cy","bob"]`,
		sorted("greaterOrEquals" + ages): `["Ann","Cy","bob"]`,
		sorted("true()"):                 `["Ann","bob","Cy"]`,
		sorted("false()"):                `["Ann","bob","Cy"]`,
		sorted("1"):                      "error: the lambda of sort gives a number, not a boolean",
		"[sort(createArray(2, 'a'), lambda('a', 'b', less($a, $b)))]":                                        "error: less compares two numbers or two strings, not a string with a number",
		"[sort(createArray(1), lambda('a', 1))]":                                                             "error: the lambda of sort takes 2 variables, not 1",
		"[sort(map(range(0, 100), lambda('i', mod(mul($i, 37), 100))), lambda('a', 'b', less($a, $b)))[99]]": `99`,
	}.checkIn(t, valueEnv)
}

// TestErrorsPoint wants the part of the expression that an error points at.
func TestErrorsPoint(t *testing.T) {
	for _, tt := range []struct{ text, at string }{
		{"[add(1, mul(2, 'x'))]", "'x'"},
		{"[add(1, div(2, 0))]", "div(2, 0)"},
		{"[and(true(), 'x')]", "'x'"},
		{"[if('x', 1, 2)]", "'x'"},
		{"[less(1, 'x')]", "'x'"},
		{"[union(createArray(), createObject())]", "createObject()"},
		{"[createObject('a', 1, 2, 3)]", "2"},
		{"[tryGet(createArray(1), true())]", "true()"},
		{"[map(createArray(1), lambda('x', div(lambdaVariables('x'), 0)))]", "div(lambdaVariables('x'), 0)"},
		{"[map(createArray(1), lambda('x', lambdaVariables('y')))]", "'y'"},
		{"[map(createArray(1), lambda('x', 'x', 1))]", "'x'"},
		{"[filter(createArray(1), lambda('x', 1))]", "lambda('x', 1)"},
		{"[createArray(lambda('x', 1))]", "lambda('x', 1)"},
		{"[sort('a', lambda('x', 'y', 1))]", "'a'"},
	} {
		e, perr := armexpr.Parse(tt.text)
		if perr != nil {
			t.Fatal(perr)
		}
		_, everr := armexpr.Eval(e, valueEnv())
		err, ok := everr.(*armexpr.Error)
		if !ok {
			t.Errorf("%s: got the error %v", tt.text, everr)
			continue
		}
		if got := tt.text[err.Span.From:err.Span.To]; got != tt.at {
			t.Errorf("%s: %q points at %q, want %q", tt.text, err.Summary, got, tt.at)
		}
	}
}
