package armexpr_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
)

// TestUnknownLogic: what is not known decides nothing, and what is known decides where it can.
func TestUnknownLogic(t *testing.T) {
	values{
		"[and(false(), @u)]":                                     `false`,
		"[and(@u, false())]":                                     `false`,
		"[and(true(), @u, true())]":                              `"[and(true(), reference('u'), true())]"`,
		"[and(@u, div(1, 0))]":                                   `"[and(reference('u'), div(1, 0))]"`,
		"[and(@u, div(1, 0), false())]":                          `false`,
		"[and(@u, 'x')]":                                         `"[and(reference('u'), 'x')]"`,
		"[or(@u, true())]":                                       `true`,
		"[or(true(), @u)]":                                       `true`,
		"[or(false(), @u)]":                                      `"[or(false(), reference('u'))]"`,
		"[not(@u)]":                                              `"[not(reference('u'))]"`,
		"[if(@u, 1, 2)]":                                         `"[if(reference('u'), 1, 2)]"`,
		"[if(@u, 'a', 'a')]":                                     `"a"`,
		"[if(@u, @v, @v)]":                                       `"[if(reference('u'), reference('v'), reference('v'))]"`,
		"[if(@u, div(1, 0), variables('x'))]":                    `"[if(reference('u'), div(1, 0), variables('x'))]"`,
		"[if(true(), 'a', @u)]":                                  `"a"`,
		"[coalesce('a', @u)]":                                    `"a"`,
		"[coalesce(@u, 'a')]":                                    `"[coalesce(reference('u'), 'a')]"`,
		"[coalesce(null(), @u, div(1, 0))]":                      `"[coalesce(null(), reference('u'), div(1, 0))]"`,
		"[equals(@u, 1)]":                                        `"[equals(reference('u'), 1)]"`,
		"[equals(@later, 1)]":                                    `false`,
		"[equals(@later, 'a')]":                                  `"[equals(reference('x').y, 'a')]"`,
		"[equals(createArray(1, @u), createArray(2, @u))]":       `false`,
		"[equals(createArray(@u, 1), createArray(@u, 2))]":       `false`,
		"[equals(createArray(@u), createArray(@u, 2))]":          `false`,
		"[equals(createObject('a', @u), createObject('b', @u))]": `false`,
		"[equals(createObject('a', @u), createObject('a', @u))]": `"[equals(createObject('a', reference('u')), createObject('a', reference('u')))]"`,
		"[less(1, @u)]":                                          `"[less(1, reference('u'))]"`,
		"[add(1, @u)]":                                           `"[add(1, reference('u'))]"`,
	}.checkIn(t, valueEnv)
}

// TestUnknownShapes: functions go as far as the shape of their arguments is known.
func TestUnknownShapes(t *testing.T) {
	values{
		"[createArray(1, @u)]":                                                        `[1,"[reference('u')]"]`,
		"[length(createArray(@u, @v))]":                                               `2`,
		"[length(@u)]":                                                                `"[length(reference('u'))]"`,
		"[empty(createObject('a', @u))]":                                              `false`,
		"[first(createArray(1, @u))]":                                                 `1`,
		"[last(createArray(1, @u))]":                                                  `"[reference('u')]"`,
		"[skip(createArray(1, @u, 3), 1)]":                                            `["[reference('u')]",3]`,
		"[take(createArray(1, @u, 3), @v)]":                                           `"[take(createArray(1, reference('u'), 3), reference('v'))]"`,
		"[array(@laterList)]":                                                         `"[reference('x').z]"`,
		"[array(@later)]":                                                             `["[reference('x').y]"]`,
		"[array(@u)]":                                                                 `"[array(reference('u'))]"`,
		"[flatten(createArray(createArray(@u), createArray(1)))]":                     `["[reference('u')]",1]`,
		"[flatten(createArray(createArray(1), @u))]":                                  `"[flatten(createArray(createArray(1), reference('u')))]"`,
		"[indexFromEnd(createArray(@u, 1), 2)]":                                       `"[reference('u')]"`,
		"[tryIndexFromEnd(createArray(@u, 1), 1)]":                                    `1`,
		"[tryIndexFromEnd(createArray(@u), 1, 'x')]":                                  `"[tryIndexFromEnd(createArray(reference('u')), 1, 'x')]"`,
		"[contains(createArray(@u, 1), 1)]":                                           `true`,
		"[contains(createArray(@u, 1), 2)]":                                           `"[contains(createArray(reference('u'), 1), 2)]"`,
		"[contains(createArray(@later, 1), 2)]":                                       `false`,
		"[contains(createArray(), @u)]":                                               `false`,
		"[contains('abc', @u)]":                                                       `"[contains('abc', reference('u'))]"`,
		"[contains(createObject('a', @u), 'A')]":                                      `true`,
		"[contains(createObject('a', @u), 'b')]":                                      `false`,
		"[contains(@u, 'b')]":                                                         `"[contains(reference('u'), 'b')]"`,
		"[indexOf(createArray(1, @u, 2), 1)]":                                         `0`,
		"[indexOf(createArray(1, @u, 2), 2)]":                                         `"[indexOf(createArray(1, reference('u'), 2), 2)]"`,
		"[lastIndexOf(createArray(1, @u, 2), 2)]":                                     `2`,
		"[union(createObject('a', 1, 'b', @u), createObject('a', @v, 'c', 2))]":       `{"a":"[reference('v')]","b":"[reference('u')]","c":2}`,
		"[union(createObject('a', @later), createObject('a', createObject('b', 1)))]": `{"a":{"b":1}}`,
		"[union(createObject('a', @u), createObject('a', 1))]":                        `{"a":1}`,
		"[union(createObject('a', createObject('b', 1)), createObject('a', @later))]": `{"a":"[reference('x').y]"}`,
		"[union(createArray(1), createArray(@u))]":                                    `"[union(createArray(1), createArray(reference('u')))]"`,
		"[union(createObject('a', createObject('b', 1)), createObject('a', @u))]":     `{"a":"[union(createObject('b', 1), reference('u'))]"}`,
		"[union(createObject('a', @u), createObject('a', createObject('b', 1)))]":     `{"a":"[union(reference('u'), createObject('b', 1))]"}`,
		"[union(createArray(1), @u)]":                                                 `"[union(createArray(1), reference('u'))]"`,
		"[union(createArray(1), @laterObject)]":                                       "error: union takes arrays only or objects only, not an array with an object",
		"[intersection(json('{\"a\": 1, \"b\": 2}'), createObject('a', 2, 'c', @u))]": `{}`,
		"[intersection(json('{\"a\": 1}'), createObject('a', @u))]":                   `"[intersection(createObject('a', 1), createObject('a', reference('u')))]"`,
		"[shallowMerge(createArray(createObject('a', 1), createObject('A', @u)))]":    `{"a":"[reference('u')]"}`,
		"[shallowMerge(createArray(createObject('a', 1), @u))]":                       `"[shallowMerge(createArray(createObject('a', 1), reference('u')))]"`,
		"[createObject('a', @u)]":                                                     `{"a":"[reference('u')]"}`,
		"[createObject(@u, 1)]":                                                       `"[createObject(reference('u'), 1)]"`,
		"[items(createObject('a', @u))]":                                              `[{"key":"a","value":"[reference('u')]"}]`,
		"[objectKeys(createObject('a', @u))]":                                         `["a"]`,
		"[tryGet(createObject('a', @u), 'a')]":                                        `"[reference('u')]"`,
		"[tryGet(createObject('a', @u), 'b')]":                                        `null`,
		"[tryGet(createObject('a', @u), 'a', 'b')]":                                   `"[tryGet(createObject('a', reference('u')), 'a', 'b')]"`,
		"[tryGet(createObject('a', 1), @u)]":                                          `"[tryGet(createObject('a', 1), reference('u'))]"`,
		"[tryGet(null(), @u)]":                                                        `null`,
	}.checkIn(t, valueEnv)
}

// TestUnknownLambdas: lambdas go over arrays with unknown elements, and the text of an unknown value needs no variables of lambdas.
func TestUnknownLambdas(t *testing.T) {
	values{
		"[map(createArray(1, @u), lambda('x', add($x, 1)))]":                                                              `[2,"[add(reference('u'), 1)]"]`,
		"[map(@u, lambda('x', $x))]":                                                                                      `"[map(reference('u'), lambda('x', lambdaVariables('x')))]"`,
		"[filter(createArray(1, 2), lambda('x', less($x, @u)))]":                                                          `"[filter(createArray(1, 2), lambda('x', less(lambdaVariables('x'), parameters('u'))))]"`,
		"[filter(createArray(createObject('a', 1, 'b', @u)), lambda('x', equals($x.a, 1)))]":                              `[{"a":1,"b":"[reference('u')]"}]`,
		"[reduce(createArray(1, @u), 0, lambda('a', 'b', $b))]":                                                           `"[reference('u')]"`,
		"[reduce(createArray(@u, 1), 0, lambda('a', 'b', $b))]":                                                           `1`,
		"[reduce(@u, 0, lambda('a', 'b', $b))]":                                                                           `"[reduce(reference('u'), 0, lambda('a', 'b', lambdaVariables('b')))]"`,
		"[sort(createArray(createObject('k', 2, 'v', @u), createObject('k', 1)), lambda('a', 'b', less($a.k, $b.k)))]":    `[{"k":1},{"k":2,"v":"[reference('u')]"}]`,
		"[sort(createArray(2, @u, 1), lambda('a', 'b', less($a, $b)))]":                                                   `"[sort(createArray(2, reference('u'), 1), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]"`,
		"[mapValues(createObject('a', @u), lambda('v', not($v)))]":                                                        `{"a":"[not(reference('u'))]"}`,
		"[toObject(createArray('a', 'b'), lambda('x', $x), lambda('x', @u))]":                                             `{"a":"[reference('u')]","b":"[reference('u')]"}`,
		"[toObject(createArray(@later), lambda('x', $x))]":                                                                `"[toObject(createArray(reference('x').y), lambda('x', lambdaVariables('x')))]"`,
		"[groupBy(createArray(@u), lambda('x', 'k'))]":                                                                    `{"k":["[reference('u')]"]}`,
		"[groupBy(createArray(@later), lambda('x', $x))]":                                                                 `"[groupBy(createArray(reference('x').y), lambda('x', lambdaVariables('x')))]"`,
		"[map(createArray('it''s'), lambda('x', if(@u, div($x, 0), 1)))]":                                                 `["[if(reference('u'), div('it''s', 0), 1)]"]`,
		"[map(createArray(1), lambda('x', filter(createArray(2), lambda('y', and(@u, equals($x, $y.z))))))]":              `["[filter(createArray(2), lambda('y', and(parameters('u'), equals(1, lambdaVariables('y').z))))]"]`,
		"[map(createArray(0), lambda('x', or(@u, equals(@list[$x].a, my.f($x)), div(lambdaVariables(concat('x')), 0))))]": `["[or(reference('u'), equals(parameters('list')[0].a, my.f(0)), div(lambdaVariables(concat('x')), 0))]"]`,
		"[map(createArray(1), lambda('x', map(@u, lambda('x', $x))))]":                                                    `["[map(reference('u'), lambda('x', lambdaVariables('x')))]"]`,
	}.checkIn(t, valueEnv)
}

// TestUnknownKinds wants the JSON type that an unknown value is known to have, and the reason it passes on.
func TestUnknownKinds(t *testing.T) {
	for text, want := range map[string]armjson.Kind{
		"[equals(parameters('u'), 1)]":                                  armjson.Bool,
		"[and(parameters('u'), true())]":                                armjson.Bool,
		"[if(parameters('u'), 'a', 'b')]":                               armjson.String,
		"[if(parameters('u'), 'a', 1)]":                                 0,
		"[if(parameters('u'), createArray(), parameters('laterList'))]": armjson.Array,
		"[if(parameters('u'), 'a', div(1, 0))]":                         0,
		"[coalesce(parameters('u'), 'a')]":                              0,
		"[coalesce(parameters('later'), 'a')]":                          armjson.String,
		"[coalesce(parameters('later'), 1)]":                            0,
		"[coalesce(parameters('later'), null(), 'a', 1)]":               armjson.String,
		"[take(parameters('laterList'), 1)]":                            armjson.Array,
		"[take('abc', parameters('u'))]":                                armjson.String,
		"[union(createArray(), parameters('u'))]":                       armjson.Array,
		"[intersection(parameters('u'), parameters('laterObject'))]":    armjson.Object,
		"[filter(parameters('u'), lambda('x', true()))]":                armjson.Array,
		"[toObject(parameters('u'), lambda('x', 'a'))]":                 armjson.Object,
		"[max(parameters('u'))]":                                        armjson.Number,
	} {
		v, err := evalString(text, valueEnv())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if v.Kind != armjson.Unknown || v.Unknown.Kind != want {
			t.Errorf("%s: got %s, want an unknown value of kind %d", text, v.JSON(), want)
		}
	}
	v, err := evalString("[union(createArray(1), createArray(createArray(parameters('v'))))]", valueEnv())
	if err != nil || v.Kind != armjson.Unknown || v.Unknown.Why != "asks v" {
		t.Errorf("the reason is lost: %v, %v", v, err)
	}
}
