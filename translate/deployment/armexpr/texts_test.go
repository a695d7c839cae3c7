package armexpr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// values maps expressions to their value as JSON, or to "error: " and the text of the error.
type values map[string]string

// check evaluates every expression where utcNow and newGuid may stand.
func (v values) check(t *testing.T) {
	t.Helper()
	for text, want := range v {
		if diff := cmp.Diff(want, evaluated(textEnv(), text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func evaluated(env *armexpr.Env, text string) string {
	v, err := evalString(text, env)
	if e, ok := err.(*armexpr.Error); ok {
		return "error: " + e.Summary
	} else if err != nil {
		return err.Error()
	}
	return v.JSON()
}

// textEnv has parameters for what an expression cannot write down, and values that are not known: "later", a text, and
// "laterList", an array.
func textEnv() *armexpr.Env {
	params, _ := armjson.Parse("p", []byte(`{
		"o": {"a": "b's", "n": [1, 2.50, 3.0, true, null]}, "list": ["a", 1, true, null], "deep": [["a"]], "half": 0.5, "f": 1234.5678,
		"tiny": 0.00001234, "big": 1e20, "zero": 0.0, "minus": -0.001, "float2": 2.0, "many": 123456789012345678901234567890,
		"nul": null, "delims": [",", "--", "-"], "no": [], "words": "a\u00a0b\tc",
		"json": "{'big': 123456789012345678901234567890, /* c */ 'x': [1, 2,], 'e': '[utcNow()]'}", "smile": "a😀b"
	}`))
	env := testEnv()
	env.Position = armexpr.InParameterDefault
	env.Context.Now = time.Date(2019, 3, 5, 17, 53, 18, 123456700, time.UTC)
	env.Parameter = func(name string) (*armjson.Node, error) {
		switch name {
		case "later":
			return armjson.NewUnknown(armjson.Missing{Kind: armjson.String, Form: "reference('x').y",
				Why: "asks the service"}), nil
		case "laterList":
			return armjson.NewUnknown(armjson.Missing{Kind: armjson.Array, Form: "reference('x').z"}), nil
		case "mixed":
			return armjson.NewArray([]*armjson.Node{armjson.NewInt(1),
				armjson.NewUnknown(armjson.Missing{Form: "reference('x')"})}), nil
		}
		return params.Get(name), nil
	}
	return env
}

func TestTexts(t *testing.T) {
	values{
		"[concat(1, '-', false())]":                            `"1-False"`,
		"[concat(parameters('f'), parameters('many'))]":        `"1234.5678123456789012345678901234567890"`,
		"[concat(parameters('no'))]":                           `[]`,
		"[concat('a', parameters('nul'))]":                     "error: concat of texts does not take null",
		"[concat('a', parameters('no'))]":                      "error: concat of texts does not take an array",
		"[join(parameters('list'), ', ')]":                     `"a, 1, True, "`,
		"[join(parameters('no'), ',')]":                        `""`,
		"[join(parameters('deep'), ',')]":                      "error: join takes texts, numbers and booleans, and element 0 is an array",
		"[join('a', ',')]":                                     "error: join takes an array here, not a string",
		"[string(parameters('o'))]":                            `"{\"a\":\"b's\",\"n\":[1,2.5,3.0,true,null]}"`,
		"[format('{0}', parameters('o'))]":                     `"{'a':'b\\'s','n':[1,2.5,3.0,true,null]}"`,
		"[string(parameters('nul'))]":                          `""`,
		"[string(parameters('float2'))]":                       `"2"`,
		"[string(parameters('big'))]":                          `"1E+20"`,
		"[string(json('1e999'))]":                              `"1e999"`,
		"[format('{0:0.0}', json('-0.0'))]":                    `"-0.0"`,
		"[string(json('{}'))]":                                 `"{}"`,
		"[split('a,b-c--d', parameters('delims'))]":            `["a","b","c","d"]`,
		"[split('', ',')]":                                     `[""]`,
		"[split('abc', '')]":                                   `["abc"]`,
		"[split(parameters('words'), parameters('no'))]":       `["a","b","c"]`,
		"[split('aXbxc', 'x')]":                                `["aXb","c"]`,
		"[split('a', 1)]":                                      "error: split takes a string or an array of strings here, not a number",
		"[split('a', parameters('deep'))]":                     "error: split takes strings as delimiters, not an array",
		"[replace('aaa', 'aa', 'b')]":                          `"ba"`,
		"[replace('a.b', '.', '')]":                            `"ab"`,
		"[replace('a', '', 'b')]":                              "error: replace cannot look for an empty text",
		"[padLeft('abc', 3)]":                                  `"abc"`,
		"[padLeft(-5, 5, '0')]":                                `"000-5"`,
		"[padLeft(parameters('smile'), 6, 'é')]":               `"ééa😀b"`,
		"[padLeft('a', -1)]":                                   "error: padLeft takes a length of 0 or more here, not -1",
		"[padLeft('a', 3, 'xy')]":                              `error: padLeft takes a single character here, not "xy"`,
		"[padLeft('a', 3, '')]":                                `error: padLeft takes a single character here, not ""`,
		"[padLeft('a', 3, '😀')]":                               `error: padLeft takes a single character here, not "😀"`,
		"[padLeft(true(), 3)]":                                 "error: padLeft takes a string or a whole number here, not a boolean",
		"[padLeft(parameters('f'), 3)]":                        "error: padLeft takes a whole number here, not 1234.5678",
		"[substring(parameters('smile'), 1, 2)]":               `"😀"`,
		"[substring(parameters('smile'), 2)]":                  `"�b"`,
		"[substring('hello', 6)]":                              "error: substring cannot start at 6 in a text of 5 characters",
		"[substring('hello', 4, 2)]":                           "error: substring cannot take 2 from place 4 of a text of 5 characters",
		"[substring('hello', 1, -1)]":                          "error: substring cannot take -1 from place 1 of a text of 5 characters",
		"[substring('hello', 1, 9223372036854775807)]":         "error: substring cannot take 9223372036854775807 from place 1 of a text of 5 characters",
		"[like('abc', 'ABC')]":                                 `true`,
		"[like('abc', 'ab')]":                                  `false`,
		"[like('abcdef', 'a*c*')]":                             `true`,
		"[like('abcabc', '*abc')]":                             `true`,
		"[like('aXaYa', 'a*a')]":                               `true`,
		"[like('a', 'a*a')]":                                   `false`,
		"[like('', '***')]":                                    `true`,
		"[like('', '')]":                                       `true`,
		"[like('a', '')]":                                      `false`,
		"[like('abc**def', '*def')]":                           `true`,
		"[like('aXbYa', 'a*b*a')]":                             `true`,
		"[like('aXbY', 'a*b*a')]":                              `false`,
		"[like('a.c', 'a?c')]":                                 `false`,
		"[like('É', 'é*')]":                                    `true`,
		"[like('a', 1)]":                                       "error: like takes a string here, not a number",
		"[startsWith('Straße', 'sTRAß')]":                      `true`,
		"[startsWith('Straße', 'STRASS')]":                     `false`,
		"[startsWith('a', 'ab')]":                              `false`,
		"[endsWith('x😀', '😀')]":                                `true`,
		"[endsWith('ıI', 'ii')]":                               `false`,
		"[endsWith(1, 'a')]":                                   "error: endsWith takes a string here, not a number",
		"[toUpper('ıſßéǆ')]":                                   `"ıſßÉǄ"`,
		"[toLower('İKÉ')]":                                     `"İké"`,
		"[trim('  \u00a0\u2003x y\u3000\u0085\u200b ')]":       "\"x y\u3000\u0085\u200b\"",
		"[guid('')]":                                           `"e655a85f-3ab2-5e4a-9666-569aa72a5a10"`,
		"[guid(1)]":                                            "error: guid takes a string here, not a number",
		"[toUpper(newGuid())]":                                 `"[toUpper(newGuid())]"`,
		"[json(parameters('json'))]":                           `{"big":123456789012345678901234567890,"x":[1,2],"e":"[utcNow()]"}`,
		"[json('')]":                                           "error: the text given to json is not JSON",
		"[json('null')]":                                       `null`,
		"[json('1 2')]":                                        "error: the text given to json is not JSON",
		"[string(json(concat('[', '1.0', ',1e2,-0.0', ']')))]": `"[1.0,100.0,-0.0]"`,
	}.check(t)
}

func TestEscapesInsideJSONTexts(t *testing.T) {
	env := textEnv()
	env.Parameter = func(string) (*armjson.Node, error) {
		return armjson.NewArray([]*armjson.Node{armjson.NewString("\x01\u0085\b\f\n\r\t\"'\\</é\u2028")}), nil
	}
	for text, want := range map[string]string{
		"[string(parameters('x'))]":        `["\u0001\u0085\b\f\n\r\t\"'\\</é\u2028"]`,
		"[format('{0}', parameters('x'))]": `['\u0001\u0085\b\f\n\r\t"\'\\</é\u2028']`,
	} {
		v, err := evalString(text, env)
		if err != nil {
			t.Fatal(err)
		}
		if v.Text != want {
			t.Errorf("%s: got %s, want %s", text, v.Text, want)
		}
	}
}

// TestTextsOfUnknown wants that what is known stays known, and that the rest says what it waits for.
func TestTextsOfUnknown(t *testing.T) {
	for text, want := range map[string]struct {
		kind armjson.Kind
		form string
	}{
		"[concat('a', parameters('later'))]":                      {armjson.String, "concat('a', reference('x').y)"},
		"[concat(parameters('laterList'), parameters('list'))]":   {armjson.Array, "concat(reference('x').z, createArray('a', 1, true(), null()))"},
		"[concat(parameters('later'))]":                           {armjson.String, "concat(reference('x').y)"},
		"[format('{0}', parameters('later'))]":                    {armjson.String, "format('{0}', reference('x').y)"},
		"[join(parameters('mixed'), ',')]":                        {armjson.String, "join(createArray(1, reference('x')), ',')"},
		"[string(parameters('mixed'))]":                           {armjson.String, "string(createArray(1, reference('x')))"},
		"[split(parameters('later'), ',')]":                       {armjson.Array, "split(reference('x').y, ',')"},
		"[parseCidr(parameters('later'))]":                        {armjson.Object, "parseCidr(reference('x').y)"},
		"[dateTimeToEpoch(parameters('later'))]":                  {armjson.Number, "dateTimeToEpoch(reference('x').y)"},
		"[startsWith(parameters('later'), 'a')]":                  {armjson.Bool, "startsWith(reference('x').y, 'a')"},
		"[newGuid()]":                                             {armjson.String, "newGuid()"},
		"[json(parameters('later'))]":                             {0, "json(reference('x').y)"},
		"[uri('https://example.com', parameters('later'))]":       {armjson.String, "uri('https://example.com', reference('x').y)"},
		"[dateTimeAdd('2020-01-01', 'P1D', parameters('later'))]": {armjson.String, "dateTimeAdd('2020-01-01', 'P1D', reference('x').y)"},
	} {
		v, err := evalString(text, textEnv())
		if err != nil || v.Kind != armjson.Unknown {
			t.Errorf("%s: got %v, %v", text, v, err)
			continue
		}
		if v.Unknown.Kind != want.kind || v.Unknown.Form != want.form {
			t.Errorf("%s: got %v %s, want %v %s", text, v.Unknown.Kind, v.Unknown.Form, want.kind, want.form)
		}
	}
	values{
		"[concat(parameters('mixed'), parameters('no'))]":           `[1,"[reference('x')]"]`,
		"[concat(parameters('laterList'), 'a')]":                    "error: concat of arrays takes arrays only, not a string",
		"[concat(parameters('later'), parameters('list'), 'more')]": "error: concat of texts does not take an array",
	}.check(t)
}

func TestNewGUIDAndUTCNowAreWhatTheCallerSays(t *testing.T) {
	env := textEnv()
	env.Context.GUID = func() string { return "3f2504e0-4f89-41d3-9a0c-0305e82c3301" }
	if got := evaluated(env, "[newGuid()]"); got != `"3f2504e0-4f89-41d3-9a0c-0305e82c3301"` {
		t.Error(got)
	}
	env.Context.Now = time.Time{}
	if got := evaluated(env, "[utcNow('d')]"); got != `"[utcNow('d')]"` {
		t.Errorf("without a clock: %s", got)
	}
	env.Position = armexpr.InVariable
	for _, f := range []string{"newGuid", "utcNow"} {
		if got := evaluated(env, "["+f+"()]"); got != "error: "+f+" cannot be used here" {
			t.Error(got)
		}
	}
}

// TestTextBudgets asks for more than any machine has, in short expressions. Each has to be refused before it is made.
func TestTextBudgets(t *testing.T) {
	double := "parameters('text')"
	for range 6 {
		double = "concat(" + double + ", " + double + ")"
	}
	for _, text := range []string{
		"[padLeft('', 2147483647)]",
		"[padLeft('', 9223372036854775807)]",
		"[padLeft('', 3000000, 'é')]",
		"[replace(parameters('text'), 'a', '0123456789012345678901234567890123456789')]",
		"[format('{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}', 'a')]",
		"[format('{0:D999999999}', 1)]",
		"[format('{0:N99999999999999999999}', 1)]",
		"[format('{0:F2147483647}', parameters('half'))]",
		"[" + double + "]",
		"[join(split(parameters('text'), 'a'), parameters('text'))]",
		"[split(parameters('text'), 'a')]",
		"[uriComponent(replace(parameters('text'), 'a', '%%%%%%%%%%'))]",
		"[base64(padLeft('', 4000000))]",
		"[dataUri(padLeft('', 4000000))]",
		"[json(concat('[', replace(parameters('text'), 'a', '0,'), '0]'))]",
		"[utcNow(padLeft('', 4000000, 'D'))]",
		"[uri('https://example.com/', replace(parameters('text'), 'a', '          '))]",
	} {
		env := textEnv()
		env.Parameter = func(name string) (*armjson.Node, error) {
			if name == "text" {
				return armjson.NewString(strings.Repeat("a", 150_000)), nil
			}
			return &armjson.Node{Kind: armjson.Number, Text: "0.5"}, nil
		}
		_, err := evalString(text, env)
		if e, ok := err.(*armexpr.Error); !ok || !e.OverBudget {
			t.Errorf("%s: got %v, want a limit to be reached", shortened(text), err)
		}
	}
}

// TestLongTextsCostSteps: a loop over one long text must not run for hours within its steps.
func TestLongTextsCostSteps(t *testing.T) {
	for _, call := range []string{
		"uniqueString(parameters('text'))", "guid(parameters('text'))", "startsWith(parameters('text'), parameters('text'))",
		"split(parameters('text'), 'b')", "trim(parameters('text'))", "substring(parameters('text'), 1, 1)",
		"replace(parameters('text'), 'b', '')", "uriComponentToString(parameters('text'))",
		"format('{0:0}', 1)",
	} {
		env := textEnv()
		env.Budget = armexpr.NewBudget(armexpr.Limits{Steps: 4000, Bytes: 1 << 30, Value: 4 << 20, Items: 10, Depth: 10, Calls: 10})
		env.Parameter = func(string) (*armjson.Node, error) { return armjson.NewString(strings.Repeat("a", 1<<20)), nil }
		var err error
		turns := 0
		for ; turns < 100 && err == nil; turns++ {
			_, err = evalString("["+call+"]", env)
		}
		if long := strings.Contains(call, "text"); (err != nil) != long {
			t.Errorf("%s: after %d turns: %v", call, turns, err)
		}
	}
}

func shortened(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
