package armexpr_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

func testEnv() *armexpr.Env {
	params, _ := armjson.Parse("p",
		[]byte(`{"env": "dev", "n": 7, "on": true, "list": ["a"], "o": {"Key": {"in": 1}}, "none": null}`))
	return &armexpr.Env{
		Budget: armexpr.NewBudget(armexpr.DefaultLimits()),
		Context: &armexpr.Context{
			Subscription:  node([]byte(`{"id": "/subscriptions/sub", "subscriptionId": "sub"}`)),
			ResourceGroup: node([]byte(`{"name": "rg", "location": "here"}`)),
		},
		Parameter: func(name string) (*armjson.Node, error) {
			if v := params.Get(name); v != nil {
				return v, nil
			}
			return nil, &armexpr.Error{Summary: "there is no parameter " + name}
		},
	}
}

func TestIsExpressionAndLiteral(t *testing.T) {
	for text, want := range map[string]string{ // "=" stands for an expression
		"[x]": "=", "[[x]": "[x]", "[x": "[x", "[[x": "[[x", "[x] y": "[x] y", " [x]": " [x]", "[x] ": "[x] ",
		"[[[x]": "[[x]", "": "", "[": "[", "[]": "=", "[[]": "[]", "x": "x",
	} {
		got := "="
		if !armexpr.IsExpression(text) {
			got = armexpr.Literal(text)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestEval(t *testing.T) {
	for text, want := range map[string]string{
		"['it''s']":                           `"it's"`,
		"[-5]":                                `-5`,
		"[concat('web-', parameters('ENV'))]": `"web-dev"`,
		"[concat('a', parameters('n'), parameters('on'))]": `"a7True"`,
		"[concat(parameters('list'), parameters('list'))]": `["a","a"]`,
		"[parameters('o').key['IN']]":                      `1`,
		"[ parameters ( 'list' ) [ 0 ] ]":                  `"a"`,
		"[resourceGroup().location]":                       `"here"`,
		"[subscription().id]":                              `"/subscriptions/sub"`,
		"[resourceId('A.B/c/', 'd')]":                      `"/subscriptions/sub/resourceGroups/rg/providers/A.B/c/d"`,
		"[format('{0,4}|{1,-4}|{2:N0}', 1, 'b', 12345)]":   `"   1|b   |12,345"`,
		"[format('{{{0}}}', parameters('o'))]":             `"{{'Key':{'in':1}}}"`,
		"[toUpper('straße')]":                              `"STRAßE"`,
	} {
		e, perr := armexpr.Parse(text)
		if perr != nil {
			t.Errorf("%s: %v", text, perr)
			continue
		}
		got, err := armexpr.Eval(e, testEnv())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got.JSON()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// TestErrors wants the text of each error and the part of the expression that it points at.
func TestErrors(t *testing.T) {
	tests := []struct{ text, at, want string }{
		{"[]", "[]", "the expression is empty"},
		{"[concat('a]", "'a", "this text is never closed"},
		{"[concat('a', , 'b')]", ",", `"," stands where a value is wanted`},
		{"[concat('a',)]", ")", `")" stands where a value is wanted`},
		{"[concat('a' 'b')]", "'b'", `'b' stands where ")" is wanted after the arguments of concat`},
		{"[toUpper('a'))]", ")", `")" stands behind the end of the expression`},
		{"[ -f /etc/x ]", "-", "'-' does not belong into an expression"},
		{"[name]", "name", `"name" is neither a function call nor a text in quotes`},
		{`[concat("a")]`, `"`, "a double quote stands inside an expression"},
		{"[9223372036854775808]", "9223372036854775808", "9223372036854775808 does not fit a 64-bit integer"},
		{"[1.]", "1.", "1. is not a number"},
		{"[parameters('o').]", "", "the end stands where a property name is wanted"},
		{"[concta('a')]", "concta", `there is no function "concta"`},
		{"[my.own('a')]", "my.own", "the template's own function my.own cannot be used here"},
		{"[toLower()]", "toLower()", "toLower takes 1 argument, not 0"},
		{"[toLower(1)]", "1", "toLower takes a string here, not a number"},
		{"[concat('a', parameters('o'))]", "parameters('o')", "concat of texts does not take an object"},
		{"[concat(parameters('list'), 'a')]", "'a'", "concat of arrays takes arrays only, not a string"},
		{"[parameters('nope')]", "parameters('nope')", "there is no parameter nope"},
		{"[variables('x')]", "variables('x')", "variables cannot be used here"},
		{"[parameters('o').kex]", "kex", `the object has no property "kex"`},
		{"[parameters('env').length]", "length", `a string has no property "length"`},
		{"[parameters('list')[1]]", "1", "index 1 is outside of an array of 1"},
		{"[parameters('list')['a']]", "'a'", "an array cannot be indexed by a string"},
		{"[resourceId('a', 'b')]", "resourceId('a', 'b')", "resourceId has no resource type among its arguments"},
		{"[resourceId('A.B/c', 'd', 'e')]", "'A.B/c'", `the type "A.B/c" needs 1 name after it, not 2`},
		{"[format('{1}', 'a')]", "'{1}'", "the format asks for {1}, and 1 value is given"},
		{"[format('{0', 'a')]", "'{0'",
			`a "{" of the format does not start a place like {0} or {0:N0}; write "{{" for a brace`},
		{"[format('{0,9999999}', 'a')]", "'{0,9999999}'", "the width 9999999 of the format is too large"},
		{"[format('{0:Q}', 5)]", "'{0:Q}'", `the form "Q" of the format does not suit a number`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			e, err := armexpr.Parse(tt.text)
			if err == nil {
				_, everr := armexpr.Eval(e, testEnv())
				var ok bool
				if err, ok = everr.(*armexpr.Error); !ok {
					t.Fatalf("got the error %v", everr)
				}
			}
			if err.Summary != tt.want {
				t.Errorf("got  %s\nwant %s", err.Summary, tt.want)
			}
			if got := tt.text[err.Span.From:err.Span.To]; got != tt.at {
				t.Errorf("points at %q, want %q", got, tt.at)
			}
		})
	}
}

func TestUnknownFunctionNamesNearOne(t *testing.T) {
	for text, want := range map[string]string{
		"[concta('a')]":   `did you mean "concat"?`,
		"[resourceid2()]": `did you mean "resourceId"?`,
		"[frobnicate()]":  `start it with "[["`,
	} {
		e, _ := armexpr.Parse(text)
		_, err := armexpr.Eval(e, testEnv())
		if fix := err.(*armexpr.Error).Fix; !strings.Contains(fix, want) {
			t.Errorf("%s: the fix is %q, want it to have %q", text, fix, want)
		}
	}
}

func TestLimits(t *testing.T) {
	long := "['" + strings.Repeat("a", 24576) + "']"
	if _, err := armexpr.Parse(long); err == nil || !strings.Contains(err.Summary, "characters") {
		t.Errorf("a long expression: %v", err)
	}
	for _, deep := range []string{
		"[" + strings.Repeat("concat(", 2000) + "'a'" + strings.Repeat(")", 2000) + "]",
		"[subscription()" + strings.Repeat(".a", 2000) + "]",
		"[a(" + strings.Repeat("b()[", 2000) + "]",
	} {
		if _, err := armexpr.Parse(deep); err == nil {
			t.Errorf("%s… was parsed", deep[:20])
		}
	}
}
