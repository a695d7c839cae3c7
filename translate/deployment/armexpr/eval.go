package armexpr

import (
	"fmt"
	"strconv"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Eval computes the value of e. The error is an *Error, or what a function of the Env returned. The value may share
// nodes with the environment and must not be changed; nodes made here have no range. What cannot be known before the
// deployment is an unknown value, not an error. Every part of an expression is a step: even the texts of a long list of
// arguments take their time.
func Eval(e Expr, env *Env) (*armjson.Node, error) {
	if err := env.Budget.Step(); err != nil {
		return nil, at(e.Span(), err)
	}
	switch e := e.(type) {
	case *Text:
		return e.node, nil
	case *Number:
		return e.node, nil
	case *Call:
		return evalCall(e, env)
	case *Property:
		target, err := Eval(e.Target, env)
		if err != nil {
			return nil, err
		}
		return member(env, target, e.Name, e.NamePlace)
	case *Index:
		return evalIndex(e, env)
	default:
		panic(fmt.Sprintf("armexpr: unknown expression %T", e))
	}
}

func evalIndex(e *Index, env *Env) (*armjson.Node, error) {
	target, err := Eval(e.Target, env)
	if err != nil {
		return nil, err
	}
	key, err := Eval(e.Key, env)
	if err != nil {
		return nil, err
	}
	if target.Kind == armjson.Unknown || key.Kind == armjson.Unknown {
		return unknownFrom(0, form(target)+"["+form(key)+"]", target, key), nil
	}
	if target.Kind == armjson.Object && key.Kind == armjson.String {
		return member(env, target, key.Text, e.Key.Span())
	}
	i, err := strconv.Atoi(key.Text)
	if target.Kind != armjson.Array || key.Kind != armjson.Number || err != nil {
		return nil, &Error{Span: e.Key.Span(),
			Summary: fmt.Sprintf("%s cannot be indexed by %s", target.Kind, key.Kind),
			Why:     "an array takes a whole number, an object the name of a property"}
	}
	if i < 0 || i >= len(target.Items) {
		return nil, &Error{Span: e.Key.Span(),
			Summary: fmt.Sprintf("index %d is outside of an array of %d", i, len(target.Items))}
	}
	return target.Items[i], nil
}

// membersPerStep is how many properties are looked through for one in a step.
const membersPerStep = 16

// member reads a property; names ignore case, and the exact spelling wins.
func member(env *Env, target *armjson.Node, name string, at Span) (*armjson.Node, error) {
	switch target.Kind {
	case armjson.Object:
	case armjson.Unknown:
		return unknownFrom(0, form(target)+"."+name, target), nil
	default:
		return nil, &Error{Span: at, Summary: fmt.Sprintf("%s has no property %q", target.Kind, shortText(name))}
	}
	env.Budget.Spend(int64(len(target.Members)/membersPerStep + len(name)/bytesPerStep))
	if v := target.Get(name); v != nil {
		return v, nil
	}
	env.Budget.Spend(4 * int64(len(target.Members))) // looking for a near name
	known := make([]string, len(target.Members))
	for i, m := range target.Members {
		known[i] = m.Key
	}
	return nil, &Error{Span: at, Summary: fmt.Sprintf("the object has no property %q", shortText(name)),
		Fix: diag.KnownNames(name, known)}
}
