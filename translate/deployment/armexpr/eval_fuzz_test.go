package armexpr_test

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// FuzzEval: no panic; a value keeps to the limits; an error says something, about a place inside the text; the same
// text gives the same result.
func FuzzEval(f *testing.F) {
	addVectors(f)
	for _, seed := range []string{
		"[concat('a', parameters('env'))]", "[format('{0:D3}|{1,5}', 5, true())]", "[parameters('deep').x.k.list[0].x]",
		"[[x]",
		"[map(parameters('people'), lambda('p', if(equals(parameters('u'), 1), lambdaVariables('p').age, reference('x'))))]",
		"[union(parameters('pair'), createObject('a', parameters('later')))]",
		"[sort(parameters('list'), lambda('a', 'b', true()))]",
		"[toObject(range(-2, 5), lambda('i', string(lambdaVariables('i'))), lambda('i', copyIndex('l', 3)))]",
		"[my.own(1, variables('v'))]",
	} {
		f.Add(seed)
	}
	limits := armexpr.Limits{Steps: 20_000, Bytes: 4 << 20, Value: 1 << 16, Items: 1000, Depth: 30, Calls: 10}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // no text of a template is anything else
		}
		if !armexpr.IsExpression(text) {
			if got := armexpr.Literal(text); len(got) > len(text) {
				t.Errorf("literal %q became longer: %q", text, got)
			}
			return
		}
		run := func() (string, *armexpr.Error) {
			e, err := armexpr.Parse(text)
			if err != nil {
				return "", err
			}
			armexpr.CallsIn(e)
			v, everr := armexpr.Eval(e, fuzzEnv(limits))
			if everr != nil {
				return "", everr.(*armexpr.Error)
			}
			if v.Weight() > limits.Value+int64(len(text)) || v.Depth() > limits.Depth {
				t.Errorf("a value of %d bytes that is %d deep", v.Weight(), v.Depth())
			}
			if !utf8.ValidString(v.JSON()) {
				t.Errorf("the value is not text: %q", v.JSON())
			}
			return v.JSON(), nil
		}
		v1, err1 := run()
		v2, err2 := run()
		if diff := cmp.Diff(v1, v2) + cmp.Diff(err1, err2); diff != "" {
			t.Errorf("two runs differ: %s", diff)
		}
		if err1 == nil {
			return
		}
		if err1.Span.From < 0 || err1.Span.To <= err1.Span.From && err1.Span.To < len(text)-1 ||
			err1.Span.To > len(text) {
			t.Errorf("the error points at %v of %d bytes", err1.Span, len(text))
		}
		if err1.Summary == "" || len(err1.Summary) > 5000 || !utf8.ValidString(err1.Summary+err1.Why+err1.Fix) {
			t.Errorf("the error says %q", err1.Summary)
		}
	})
}

// fuzzEnv knows something of every kind, in every place that an expression can ask.
func fuzzEnv(limits armexpr.Limits) *armexpr.Env {
	env := valueEnv()
	env.Budget = armexpr.NewBudget(limits)
	env.Position = armexpr.InResource
	known := env.Parameter
	env.Parameter = func(name string) (*armjson.Node, error) {
		if v, _ := known(name); v != nil {
			return v, nil
		}
		return nil, &armexpr.Error{Summary: "there is no such parameter"}
	}
	env.Variable = env.Parameter
	env.CopyIndex = func(loop string) *armjson.Node {
		switch loop {
		case "", "l":
			return armjson.NewInt(3)
		case "u":
			return armjson.NewUnknown(armjson.Missing{Kind: armjson.Number, Form: "copyIndex('u')"})
		}
		return nil
	}
	env.User = func(c *armexpr.Call, args []*armjson.Node) (*armjson.Node, error) { return armjson.NewArray(args), nil }
	env.Reference = func(args []*armjson.Node) (*armjson.Node, bool, error) {
		return armjson.NewObject([]armjson.Member{{Key: "outputs", Value: args[0]}}), args[0].Text == "nested", nil
	}
	return env
}
