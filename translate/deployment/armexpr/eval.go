package armexpr

import (
	"fmt"
	"strconv"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Env is what an expression may see.
type Env struct {
	Functions Table
	Scope     Scope
	// Parameter and Variable look a name up, ignoring case. A nil function means that the expression stands where the template
	// may not use them. Their errors are passed on as they are when they are an *Error, so the looked-up side fills in no
	// Span; Eval adds the place of the use.
	Parameter, Variable func(name string) (*armjson.Node, error)
}

// Eval computes the value of e. The error is an *Error, or what Parameter or Variable returned. The value may share nodes
// with the environment and must not be changed; nodes made here have no range.
func Eval(e Expr, env *Env) (*armjson.Node, error) {
	switch e := e.(type) {
	case *Text:
		return text(e.Value), nil
	case *Number:
		return &armjson.Node{Kind: armjson.Number, Text: e.Text}, nil
	case *Call:
		return evalCall(e, env)
	case *Property:
		target, err := Eval(e.Target, env)
		if err != nil {
			return nil, err
		}
		return member(target, e.Name, e.NamePlace)
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
	if target.Kind == armjson.Object && key.Kind == armjson.String {
		return member(target, key.Text, e.Key.Span())
	}
	i, err := strconv.Atoi(key.Text)
	if target.Kind != armjson.Array || key.Kind != armjson.Number || err != nil {
		return nil, &Error{Span: e.Key.Span(), Summary: fmt.Sprintf("%s cannot be indexed by %s", target.Kind, key.Kind),
			Why: "an array takes a whole number, an object the name of a property"}
	}
	if i < 0 || i >= len(target.Items) {
		return nil, &Error{Span: e.Key.Span(), Summary: fmt.Sprintf("index %d is outside of an array of %d", i, len(target.Items))}
	}
	return target.Items[i], nil
}

// member reads a property; names ignore case, and the exact spelling wins.
func member(target *armjson.Node, name string, at Span) (*armjson.Node, error) {
	if target.Kind != armjson.Object {
		return nil, &Error{Span: at, Summary: fmt.Sprintf("%s has no property %q", target.Kind, name)}
	}
	if v := target.Get(name); v != nil {
		return v, nil
	}
	known := make([]string, len(target.Members))
	for i, m := range target.Members {
		known[i] = m.Key
	}
	return nil, &Error{Span: at, Summary: fmt.Sprintf("the object has no property %q", name), Fix: diag.KnownNames(name, known)}
}

// text makes a string value.
func text(s string) *armjson.Node { return &armjson.Node{Kind: armjson.String, Text: s} }

// object makes an object value of text members, given as name, value, name, value.
func object(pairs ...string) *armjson.Node {
	n := &armjson.Node{Kind: armjson.Object}
	for i := 0; i < len(pairs); i += 2 {
		n.Members = append(n.Members, armjson.Member{Key: pairs[i], Value: text(pairs[i+1])})
	}
	return n
}
