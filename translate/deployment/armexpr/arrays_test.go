package armexpr_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// valueEnv has the parameters of textEnv and more. The single letters u, v and w are values not known in their type
// either.
func valueEnv() *armexpr.Env {
	params, _ := armjson.Parse("p", []byte(`{
		"pair": {"A": 1, "a": 2, "b": 3}, "empty": {}, "smile": "😀b😀", "six": 6.0, "huge": 9223372036854775808,
		"people": [{"name": "Ann", "age": 30}, {"name": "bob", "age": 7}, {"name": "Cy", "age": 30}],
		"deep": {"x": {"k": {"one": 1, "list": [1, 2]}, "n": null}}, "odd": [1, [2]]
	}`))
	env := textEnv()
	outer := env.Parameter
	env.Parameter = func(name string) (*armjson.Node, error) {
		switch name {
		case "u", "v", "w":
			return armjson.NewUnknown(armjson.Missing{Form: "reference('" + name + "')", Why: "asks " + name}), nil
		case "laterObject":
			return armjson.NewUnknown(armjson.Missing{Kind: armjson.Object, Form: "reference('o')"}), nil
		}
		if v := params.Get(name); v != nil {
			return v, nil
		}
		return outer(name)
	}
	return env
}

var (
	parameterMark = regexp.MustCompile(`@(\w+)`)
	variableMark  = regexp.MustCompile(`\$(\w+)`)
)

// checkIn evaluates every expression, in which @x stands for parameters('x') and $x for lambdaVariables('x').
func (v values) checkIn(t *testing.T, env func() *armexpr.Env) {
	t.Helper()
	for text, want := range v {
		text = parameterMark.ReplaceAllString(text, "parameters('$1')")
		text = variableMark.ReplaceAllString(text, "lambdaVariables('$1')")
		if diff := cmp.Diff(want, evaluated(env(), text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestArrays(t *testing.T) {
	values{
		"[array(null())]":                    `[null]`,
		"[array('a')]":                       `["a"]`,
		"[createArray()]":                    `[]`,
		"[empty('')]":                        `true`,
		"[empty(@empty)]":                    `true`,
		"[empty(createArray(null()))]":       `false`,
		"[empty(false())]":                   "error: empty takes a string, an array or an object here, not a boolean",
		"[first('')]":                        `""`,
		"[first(@smile)]":                    `"�"`,
		"[last(@smile)]":                     `"�"`,
		"[last('aé')]":                       `"é"`,
		"[first(@empty)]":                    "error: first takes a string or an array here, not an object",
		"[last(null())]":                     "error: last takes a string or an array here, not null",
		"[length(@smile)]":                   `5`,
		"[length(@pair)]":                    `3`,
		"[length(5)]":                        "error: length takes a string, an array or an object here, not a number",
		"[skip(@smile, 2)]":                  `"b😀"`,
		"[skip(@smile, 1)]":                  `"�b😀"`,
		"[take(@smile, 1)]":                  `"�"`,
		"[take(@smile, 4)]":                  `"😀b�"`,
		"[take('abc', 9223372036854775807)]": `"abc"`,
		"[skip(createArray(1, 2), 9223372036854775807)]":  `[]`,
		"[take(createArray(1, 2), -9223372036854775808)]": `[]`,
		"[skip(@pair, 1)]":                                    "error: skip takes a string or an array here, not an object",
		"[take('abc', 1.5)]":                                  "error: take takes a whole number here, not 1.5",
		"[flatten(createArray())]":                            `[]`,
		"[flatten(@odd)]":                                     "error: element 0 of the array is a number; flatten takes an array of arrays",
		"[flatten('a')]":                                      "error: flatten takes an array here, not a string",
		"[range(2147483647, 0)]":                              `[]`,
		"[range(2147483640, 2)]":                              `[2147483640,2147483641]`,
		"[range(2147483640, 8)]":                              "error: range ends beyond 2147483647",
		"[range(9223372036854775807, 1)]":                     "error: range ends beyond 2147483647",
		"[range(0, -1)]":                                      "error: range makes 0 to 10000 elements, not -1",
		"[length(range(0, 10000))]":                           `10000`,
		"[indexFromEnd(createArray(1, 2), 0)]":                "error: index 0 from the end is outside of an array of 2; the last element is 1",
		"[indexFromEnd(createArray(1, 2), 3)]":                "error: index 3 from the end is outside of an array of 2; the last element is 1",
		"[indexFromEnd(createArray(1, 2), '1')]":              "error: indexFromEnd takes a whole number here, not a string",
		"[indexFromEnd('ab', 1)]":                             "error: indexFromEnd takes an array here, not a string",
		"[tryIndexFromEnd(createArray(1, 2), 3)]":             `null`,
		"[tryIndexFromEnd(createArray(1, 2), '1')]":           `null`,
		"[tryIndexFromEnd(null(), 1)]":                        `null`,
		"[tryIndexFromEnd(@people, 2, 'NAME')]":               `"bob"`,
		"[tryIndexFromEnd(createArray(1), 9999999999999999)]": `null`,
		"[tryIndexFromEnd(createArray(1), true())]":           "error: tryIndexFromEnd takes a whole number here, not a boolean",
		"[max(-5, -7)]":                                       `-5`,
		"[min(createArray(9223372036854775807))]":             `9223372036854775807`,
		"[max(createArray())]":                                "error: max of an empty array has no value",
		"[min(createArray(1, '0'))]":                          "error: element 1 of the array is not a whole number but '0'",
		"[min(1, createArray(2))]":                            "error: min takes a whole number here, not an array",
		"[max(createArray(1), createArray(2))]":               "error: max takes a whole number here, not an array",
	}.checkIn(t, valueEnv)
}

func TestSearch(t *testing.T) {
	values{
		"[contains('', '')]":                      `true`,
		"[contains('Straße', 'ß')]":               `true`,
		"[contains('a1', 1)]":                     "error: contains takes a string here, not a number",
		"[contains(@pair, 'B')]":                  `true`,
		"[contains(@pair, 1)]":                    "error: contains takes a string here, not a number",
		"[contains(@pair, null())]":               "error: contains takes a string here, not null",
		"[contains(null(), 'a')]":                 "error: contains takes a string, an array or an object here, not null",
		"[contains(createArray(null()), null())]": `true`,
		"[contains(createArray(createObject('a', 1)), json('{\"a\":1}'))]": `true`,
		"[contains(createArray(6), @six)]":                                 `true`,
		"[contains(createArray('1'), 1)]":                                  `false`,
		"[indexOf(@smile, 'B')]":                                           `2`,
		"[lastIndexOf(@smile, '😀')]":                                       `3`,
		"[indexOf('ÄB', 'äb')]":                                            `0`,
		"[indexOf('abc', '')]":                                             `0`,
		"[lastIndexOf('abc', '')]":                                         `3`,
		"[indexOf('ab', 'abc')]":                                           `-1`,
		"[indexOf('a1', 1)]":                                               "error: indexOf takes a string here, not a number",
		"[indexOf(@pair, 'a')]":                                            "error: indexOf takes a string or an array here, not an object",
		"[indexOf(createArray(1, 2), 2.0)]":                                `1`,
		"[lastIndexOf(createArray(1, createArray(1), createArray(1)), createArray(1))]": `2`,
	}.checkIn(t, valueEnv)
}

func TestSets(t *testing.T) {
	values{
		"[distinct(createArray('a', 'b', 'a', 'A', 'b'))]":                                                 `["a","b","A"]`,
		"[distinct(createArray(1, 2.0, 2, '1', null(), null()))]":                                          `[1,2.0,"1",null]`,
		"[distinct(createArray(@pair, json('{\"a\":2,\"b\":3,\"A\":1}'), createArray()))]":                 `[{"A":1,"a":2,"b":3},[]]`,
		"[distinct(createArray())]":                                                                        `[]`,
		"[distinct('aa')]":                                                                                 "error: distinct takes an array here, not a string",
		"[union(createArray(1, 1, 2), createArray(2, 2.0, 3))]":                                            `[1,2,3]`,
		"[union(createArray('a'), createArray('A'))]":                                                      `["a","A"]`,
		"[union(createArray(@pair), createArray(json('{\"a\":2,\"b\":3,\"A\":1}')))]":                      `[{"A":1,"a":2,"b":3}]`,
		"[union(createArray(createArray(1, 2)), createArray(createArray(2, 1)))]":                          `[[1,2],[2,1]]`,
		"[union(createArray(null(), false(), 0, ''), createArray(null(), false(), 0))]":                    `[null,false,0,""]`,
		"[union(createObject('Key', 1, 'x', 1), createObject('KEY', 2))]":                                  `{"Key":2,"x":1}`,
		"[union(@pair, createObject('a', 9))]":                                                             `{"A":1,"a":9,"b":3}`,
		"[union(@pair, createObject('B', null()))]":                                                        `{"A":1,"a":2,"b":null}`,
		"[union(@deep, json('{\"x\":{\"k\":{\"list\":[3],\"two\":2}, \"n\":{\"y\":1}}}'))]":                `{"x":{"k":{"one":1,"list":[3],"two":2},"n":{"y":1}}}`,
		"[union(@deep, json('{\"x\":{\"k\":null}}'), json('{\"x\":{\"k\":{\"a\":1}}}'))]":                  `{"x":{"k":{"a":1},"n":null}}`,
		"[union(createArray(1), null())]":                                                                  "error: union takes arrays or objects, not null",
		"[union('a', 'b')]":                                                                                "error: union takes arrays or objects, not a string",
		"[union(@pair, createArray())]":                                                                    "error: union takes arrays only or objects only, not an object with an array",
		"[union(createArray())]":                                                                           "error: union takes 2 arguments or more, not 1",
		"[intersection(createArray(3, 1, 3, 2), createArray(2, 3))]":                                       `[3,2]`,
		"[intersection(createArray(1), createArray(1), createArray())]":                                    `[]`,
		"[intersection(createArray(json('{\"a\":{\"b\":1}}')), createArray(json('{\"a\":{\"b\":1.0}}')))]": `[{"a":{"b":1}}]`,
		"[intersection(json('{\"a\":1,\"b\":[1],\"c\":3}'), json('{\"A\":1,\"b\":[1],\"c\":4}'))]":         `{"a":1,"b":[1]}`,
		"[intersection(@pair, @pair, createObject('a', 2))]":                                               `{"a":2}`,
		"[intersection(createObject('a', 1), createArray())]":                                              "error: intersection takes arrays only or objects only, not an object with an array",
		"[intersection(1, 2)]":                                                                             "error: intersection takes arrays or objects, not a number",
		"[shallowMerge(json('[{\"a\":{\"x\":1}},{\"A\":{\"y\":1}}]'))]":                                    `{"a":{"y":1}}`,
		"[shallowMerge(createArray(@pair))]":                                                               `{"A":2,"b":3}`,
		"[shallowMerge(createArray(null()))]":                                                              "error: element 0 of the array is null; shallowMerge takes an array of objects",
	}.checkIn(t, valueEnv)
}

func TestObjects(t *testing.T) {
	values{
		"[createObject('a', 1, 'A', 2, 'a', 3)]":                                    `{"a":3,"A":2}`,
		"[createObject('a')]":                                                       "error: createObject takes names and values in turn; the last one has no value",
		"[createObject(null(), 1)]":                                                 "error: createObject takes a string here, not null",
		"[items(json('{\"b\":1, \"_\":2, \"A\":3, \"a\":4, \"B\":5}'))]":            `[{"key":"A","value":3},{"key":"a","value":4},{"key":"b","value":1},{"key":"B","value":5},{"key":"_","value":2}]`,
		"[objectKeys(json('{\"b2\":1, \"b10\":2, \"B1\":3}'))]":                     `["B1","b10","b2"]`,
		"[objectKeys(createObject())]":                                              `[]`,
		"[items('a')]":                                                              "error: items takes an object here, not a string",
		"[tryGet(@deep, 'X', 'K', 'LIST', 1)]":                                      `2`,
		"[tryGet(@deep, 'x', 'n', 'more', 0)]":                                      `null`,
		"[tryGet(@pair, 'a')]":                                                      `2`,
		"[tryGet(@pair, 0)]":                                                        `null`,
		"[tryGet('text', 'a')]":                                                     `null`,
		"[tryGet(null(), 'a')]":                                                     `null`,
		"[tryGet(createArray(1), 'a')]":                                             `null`,
		"[tryGet(createArray(1), 1.0)]":                                             `null`,
		"[tryGet(createArray(1), 18446744073709551616)]":                            "error: 18446744073709551616 does not fit a 64-bit integer",
		"[tryGet(createArray(1, 2, 3), json('{\"value\": 1, \"fromEnd\": true}'))]": `3`,
		"[tryGet(createArray(1, 2, 3), json('{\"value\": 4, \"fromEnd\": true}'))]": `null`,
		"[tryGet(createArray(1, 2, 3), json('{\"value\": 0, \"fromEnd\": true}'))]": `null`,
		"[tryGet(createArray(1, 2, 3), json('{\"value\": 1}'))]":                    `2`,
		"[tryGet(createArray(1), json('{}'))]":                                      "error: tryGet takes the name of a property or an index here, not an object",
		"[tryGet(createArray(1), true())]":                                          "error: tryGet takes the name of a property or an index here, not a boolean",
	}.checkIn(t, valueEnv)
}
