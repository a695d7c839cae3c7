package armexpr

import (
	"errors"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// evaluate evaluates argument i of a lazy function and keeps its value for messages and for waiting.
func (a *Args) evaluate(i int) (*armjson.Node, error) {
	if a.Values == nil {
		a.Values = make([]*armjson.Node, a.Len())
	}
	v, err := a.Eval(i)
	a.Values[i] = v
	return v, err
}

// attempt evaluates argument i where something unknown decides whether the service will evaluate it. If that fails the value is
// nil: it may never be wanted. Only a limit that was reached is an error.
func (a *Args) attempt(i int) (*armjson.Node, error) {
	v, err := a.evaluate(i)
	if err == nil {
		return v, nil
	}
	a.Values[i] = nil
	var e *Error
	if errors.As(err, &e) && e.OverBudget {
		return nil, err
	}
	return nil, nil
}

// waiting makes the unknown value of a lazy call. Arguments that were evaluated show their value, the others stand as written.
func (a *Args) waiting(kind armjson.Kind, causes ...*armjson.Node) *armjson.Node {
	var b strings.Builder
	b.WriteString(a.f.Name + "(")
	for i, arg := range a.call.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		if i < len(a.Values) && a.Values[i] != nil {
			writeForm(&b, a.Values[i])
		} else {
			write(&b, inline(arg, a.Env.lambda))
		}
	}
	b.WriteByte(')')
	return unknownFrom(kind, b.String(), causes...)
}

// inline replaces the variables of the lambdas around e by their values: the text of an unknown value is read far from them.
func inline(e Expr, around *binding) Expr {
	if around == nil {
		return e
	}
	switch e := e.(type) {
	case *Call:
		if v := boundBy(e, around); v != nil {
			if value, err := Parse("[" + form(v) + "]"); err == nil {
				return value
			}
			return e // a form that was cut short
		}
		if names, ok := lambdaNames(e); ok {
			for _, name := range names {
				around = &binding{name: name, outer: around} // hides an outer one
			}
		}
		c := *e
		c.Args = make([]Expr, len(e.Args))
		for i, arg := range e.Args {
			c.Args[i] = inline(arg, around)
		}
		return &c
	case *Property:
		p := *e
		p.Target = inline(e.Target, around)
		return &p
	case *Index:
		x := *e
		x.Target, x.Key = inline(e.Target, around), inline(e.Key, around)
		return &x
	default:
		return e
	}
}

// boundBy gives the value that the call lambdaVariables('x') has; nil for other calls and for variables without a value yet.
func boundBy(c *Call, around *binding) *armjson.Node {
	if c.Namespace != "" || !strings.EqualFold(c.Name, lambdaVariablesName) || len(c.Args) != 1 {
		return nil
	}
	name, ok := c.Args[0].(*Text)
	if !ok {
		return nil
	}
	if b := around.find(name.Value); b != nil {
		return b.value
	}
	return nil
}
