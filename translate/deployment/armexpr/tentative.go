package armexpr

import (
	"errors"

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

// attempt evaluates argument i where something unknown decides whether the service will evaluate it. If that fails the
// value is nil: it may never be wanted. Only a limit that was reached is an error.
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

// waiting makes the unknown value of a lazy call. Arguments that were evaluated show their value, the others stand as
// written.
func (a *Args) waiting(kind armjson.Kind, causes ...*armjson.Node) *armjson.Node {
	p := printer{most: maxForm}
	writeList(&p.b, a.f.Name, len(a.call.Args), func(i int) {
		if i < len(a.Values) && a.Values[i] != nil {
			writeForm(&p.b, a.Values[i])
		} else {
			p.write(a.call.Args[i], a.Env.lambda)
		}
	})
	return unknownFrom(kind, p.b.String(), causes...)
}
