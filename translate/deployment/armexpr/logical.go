package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

func logicalFunctions() []Function {
	return []Function{
		{Name: "and", Group: Logical, Summary: "whether all are true; evaluates up to the first that is false",
			Min: 2, Max: -1,
			Result: armjson.Bool, Lazy: true,
			Eval: func(a *Args) (*armjson.Node, error) { return decidedBy(a, false) }},
		{Name: "bool", Group: Logical,
			Summary: "true or false from a text (\"true\" and \"false\" in any case) or number (0 is false)",
			Min:     1, Max: 1, Result: armjson.Bool, Eval: toBool},
		{Name: "fail", Group: Logical, Summary: "stops the deployment with a message; for a branch of if or coalesce",
			Min: 1, Max: 1, Unknowns: NeedsNone, Eval: fail},
		{Name: "false", Group: Logical, Summary: "the value false", Result: armjson.Bool,
			Eval: constant(armjson.NewBool(false))},
		{Name: "if", Group: Logical, Summary: "one of two values; the other one is not evaluated", Min: 3, Max: 3,
			Lazy: true, Passes: true, Eval: conditional},
		{Name: "not", Group: Logical, Summary: "the opposite of a boolean", Min: 1, Max: 1, Result: armjson.Bool,
			Eval: not},
		{Name: "or", Group: Logical, Summary: "whether any is true; evaluates up to the first that is", Min: 2, Max: -1,
			Result: armjson.Bool, Lazy: true, Eval: func(a *Args) (*armjson.Node, error) { return decidedBy(a, true) }},
		{Name: "true", Group: Logical, Summary: "the value true", Result: armjson.Bool,
			Eval: constant(armjson.NewBool(true))},
	}
}

func constant(v *armjson.Node) func(*Args) (*armjson.Node, error) {
	return func(*Args) (*armjson.Node, error) { return v, nil }
}

// fail is what a template writes into the branch that must not be taken.
func fail(a *Args) (*armjson.Node, error) {
	message := a.Values[0]
	if message.Kind != armjson.String && message.Kind != armjson.Unknown {
		return nil, a.Wants(0, "a string")
	}
	return nil, &Error{Summary: "the template fails by its own will: " + shortForm(form(message)),
		Why: "it calls fail here"}
}

// decidedBy is "and" and "or": one argument with the value decisive decides, whatever the others are. That holds for
// arguments behind an unknown one too, though the service may never come to them.
func decidedBy(a *Args, decisive bool) (*armjson.Node, error) {
	var unknown *armjson.Node
	eval := a.evaluate
	for i := range a.Len() {
		v, err := eval(i)
		switch {
		case err != nil:
			return nil, err
		case v == nil: // an attempt that failed
		case v.Kind == armjson.Unknown:
			if unknown == nil {
				unknown = v
			}
			eval = a.attempt
		case v.Kind != armjson.Bool && unknown == nil:
			return nil, a.Wants(i, "a boolean")
		case v.Kind == armjson.Bool && v.Bool == decisive:
			return armjson.NewBool(decisive), nil
		}
	}
	if unknown != nil {
		return a.waiting(armjson.Bool, unknown), nil
	}
	return armjson.NewBool(!decisive), nil
}

// conditional is "if". When the condition is not known both branches are looked at: they may agree, or at least in
// their type.
func conditional(a *Args) (*armjson.Node, error) {
	condition, err := a.evaluate(0)
	switch {
	case err != nil:
		return nil, err
	case condition.Kind == armjson.Bool && condition.Bool:
		return a.evaluate(1)
	case condition.Kind == armjson.Bool:
		return a.evaluate(2)
	case condition.Kind != armjson.Unknown:
		return nil, a.Fail(0, "the condition of if is %s, not a boolean", condition.Kind)
	}
	yesValue, err := a.attempt(1)
	if err != nil {
		return nil, err
	}
	noValue, err := a.attempt(2)
	if err != nil {
		return nil, err
	}
	if yesValue == nil || noValue == nil || kindOf(yesValue) != kindOf(noValue) {
		return a.waiting(0, condition), nil
	}
	if err := a.work(min(comparing(yesValue), comparing(noValue))); err != nil {
		return nil, err
	}
	if same(yesValue, noValue) == yes {
		return yesValue, nil
	}
	return a.waiting(kindOf(yesValue), condition), nil
}

// coalesce gives the first value that is not null. Behind an unknown one the rest is looked at for the type of the
// result.
func coalesce(a *Args) (*armjson.Node, error) {
	var unknown *armjson.Node
	var kind armjson.Kind
	for i := range a.Len() {
		if unknown != nil {
			v, err := a.attempt(i)
			if err != nil {
				return nil, err
			}
			if v == nil || v.Kind != armjson.Null && kindOf(v) != kind {
				return a.waiting(0, unknown), nil
			}
			if v.Kind != armjson.Null && v.Kind != armjson.Unknown {
				break // what is behind it does not count
			}
			continue
		}
		v, err := a.evaluate(i)
		if err != nil {
			return nil, err
		}
		if v.Kind == armjson.Unknown {
			unknown, kind = v, v.Unknown.Kind
		} else if v.Kind != armjson.Null {
			return v, nil
		}
	}
	if unknown != nil {
		return a.waiting(kind, unknown), nil
	}
	return armjson.NewNull(), nil
}

func not(a *Args) (*armjson.Node, error) {
	b, err := a.Bool(0)
	if err != nil {
		return nil, err
	}
	return armjson.NewBool(!b), nil
}

func toBool(a *Args) (*armjson.Node, error) {
	switch v := a.Values[0]; v.Kind {
	case armjson.Bool:
		return v, nil
	case armjson.Number:
		n, err := a.Int(0)
		if err != nil {
			return nil, err
		}
		return armjson.NewBool(n != 0), nil
	case armjson.String:
		switch strings.ToLower(strings.TrimSpace(v.Text)) {
		case "true":
			return armjson.NewBool(true), nil
		case "false":
			return armjson.NewBool(false), nil
		}
		return nil, a.Fail(0, "the text %s is no boolean: write 'true' or 'false'", quoted(shortText(v.Text)))
	default:
		return nil, a.Wants(0, "a string, a whole number or a boolean")
	}
}

// shortText is a text cut to what a message can show.
func shortText(s string) string {
	const most = 60
	if runes := []rune(s[:min(len(s), 4*most)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
