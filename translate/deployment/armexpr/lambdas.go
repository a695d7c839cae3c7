package armexpr

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

const (
	lambdaName          = "lambda"
	lambdaVariablesName = "lambdaVariables"
)

func lambdaFunctions() []Function {
	return []Function{
		{Name: "filter", Group: Lambdas, Summary: "the elements for which a lambda (element, [index]) is true",
			Min: 2, Max: 2, Result: armjson.Array, Lazy: true, Eval: filter},
		{Name: "groupBy", Group: Lambdas,
			Summary: "an object of arrays: the elements for which a lambda gives the same name",
			Min:     2, Max: 3, Result: armjson.Object, Lazy: true, Eval: groupBy},
		{Name: lambdaName, Group: Lambdas,
			Summary: "names of variables and an expression; an argument of the others in this group",
			Min:     1, Max: -1, Lazy: true, Eval: strayLambda},
		{Name: lambdaVariablesName, Group: Lambdas, Summary: "the value of a variable of a lambda around",
			Min: 1, Max: 1, Passes: true, Eval: lambdaVariable},
		{Name: "map", Group: Lambdas, Summary: "what a lambda (element, [index]) makes of each element", Min: 2, Max: 2,
			Result: armjson.Array, Lazy: true, Eval: mapItems},
		{Name: "mapValues", Group: Lambdas,
			Summary: "what a lambda makes of each value of an object, under the same names",
			Min:     2, Max: 2, Result: armjson.Object, Lazy: true, Eval: mapValues},
		{Name: "reduce", Group: Lambdas,
			Summary: "one value, from an initial one and a lambda (value so far, element, [index])",
			Min:     3, Max: 3, Lazy: true, Eval: reduce},
		{Name: "sort", Group: Lambdas, Summary: "sorts an array; the lambda (a, b) is true when a comes before b",
			Min: 2, Max: 2, Result: armjson.Array, Lazy: true, Eval: sortItems},
		{Name: "toObject", Group: Lambdas,
			Summary: "an object: a lambda gives each element its name, another one its value",
			Min:     2, Max: 3, Result: armjson.Object, Lazy: true, Eval: toObject},
	}
}

// lambda is an expression that is evaluated with values for its variables.
type lambda struct {
	of   *Args
	arg  int // which argument it is
	body Expr
	env  Env        // with the variables of the lambda
	vars []*binding // in the order of the names
}

// lambda reads argument i, which must be lambda('name'…, body) with fewest to most names.
func (a *Args) lambda(i, fewest, most int) (*lambda, error) {
	c, ok := a.call.Args[i].(*Call)
	if !ok || !isLambda(c) {
		err := a.Fail(i, "%s takes a lambda here", a.f.Name)
		err.Fix = "write lambda('x', …) with lambdaVariables('x') in it"
		return nil, err
	}
	if n := len(c.Args) - 1; n >= 0 && (n < fewest || n > most) {
		wanted := count(fewest, "variable", "variables")
		if fewest < most {
			wanted = fmt.Sprintf("%d to %d variables", fewest, most)
		}
		return nil, &Error{Span: c.Place,
			Summary: fmt.Sprintf("the lambda of %s takes %s, not %d", a.f.Name, wanted, n)}
	}
	names, ok := lambdaNames(c)
	if !ok {
		return nil, &Error{Span: c.Place,
			Summary: "a lambda takes names as texts in quotes, and an expression behind them"}
	}
	l := &lambda{of: a, arg: i, body: c.Args[len(names)], env: *a.Env}
	for j, name := range names {
		for _, v := range l.vars {
			if strings.EqualFold(v.name, name) {
				return nil, &Error{Span: c.Args[j].Span(),
					Summary: fmt.Sprintf("two variables of this lambda are named %q", shortText(name))}
			}
		}
		l.env.lambda = &binding{name: name, outer: l.env.lambda}
		l.vars = append(l.vars, l.env.lambda)
	}
	return l, nil
}

func isLambda(c *Call) bool { return c.Namespace == "" && strings.EqualFold(c.Name, lambdaName) }

// lambdaNames gives the names of the variables of a lambda, if c is a well-formed one.
func lambdaNames(c *Call) (names []string, ok bool) {
	if !isLambda(c) || len(c.Args) == 0 {
		return nil, false
	}
	for _, arg := range c.Args[:len(c.Args)-1] {
		name, ok := arg.(*Text)
		if !ok {
			return nil, false
		}
		names = append(names, name.Value)
	}
	return names, true
}

// call evaluates the body. Values without a name are not passed on.
func (l *lambda) call(values ...*armjson.Node) (*armjson.Node, error) {
	if err := l.of.Step(); err != nil {
		return nil, err
	}
	for i, v := range l.vars {
		v.value = values[i]
	}
	return Eval(l.body, &l.env)
}

// index is the value for variable n, which counts the elements; nil when the lambda does not name it.
func (l *lambda) index(n, i int) *armjson.Node {
	if n >= len(l.vars) {
		return nil
	}
	return armjson.NewInt(int64(i))
}

// test calls a lambda that answers a question; the value may be unknown.
func (l *lambda) test(values ...*armjson.Node) (answer, *armjson.Node, error) {
	v, err := l.call(values...)
	switch {
	case err != nil:
		return no, nil, err
	case v.Kind == armjson.Unknown:
		return maybe, v, nil
	case v.Kind != armjson.Bool:
		return no, nil, l.of.Fail(l.arg, "the lambda of %s gives %s, not a boolean", l.of.f.Name, v.Kind)
	case v.Bool:
		return yes, v, nil
	default:
		return no, v, nil
	}
}

// key calls a lambda that names an element; unknown is set instead when the name cannot be known.
func (l *lambda) key(item *armjson.Node) (name string, unknown *armjson.Node, err error) {
	v, err := l.call(item)
	switch {
	case err != nil:
		return "", nil, err
	case v.Kind == armjson.Unknown:
		return "", v, nil
	case v.Kind != armjson.String:
		e := l.of.Fail(l.arg, "the lambda of %s gives %s as a name, not a string", l.of.f.Name, v.Kind)
		e.Fix = "put string(…) around it"
		return "", nil, e
	}
	return v.Text, nil, nil
}

// evaluateAs evaluates argument i, which must be of a kind or unknown.
func (a *Args) evaluateAs(i int, kind armjson.Kind) (*armjson.Node, error) {
	v, err := a.evaluate(i)
	if err == nil && v.Kind != kind && v.Kind != armjson.Unknown {
		return nil, a.Wants(i, kind.String())
	}
	return v, err
}

func strayLambda(a *Args) (*armjson.Node, error) {
	return nil, &Error{Summary: "a lambda stands where a value is wanted",
		Why: "it is an argument of filter, groupBy, map, mapValues, reduce, sort and toObject only"}
}

func lambdaVariable(a *Args) (*armjson.Node, error) {
	name, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	if b := a.Env.lambda.find(name); b != nil {
		return b.value, nil
	}
	var known []string
	for b := a.Env.lambda; b != nil; b = b.outer {
		known = append(known, b.name)
	}
	e := a.Fail(0, "no lambda around has a variable %q", shortText(name))
	if len(known) > 0 {
		e.Fix = diag.KnownNames(name, known)
	}
	return nil, e
}

// find looks a variable up, the innermost first; names ignore case.
func (b *binding) find(name string) *binding {
	for ; b != nil && !strings.EqualFold(b.name, name); b = b.outer {
	}
	return b
}

func filter(a *Args) (*armjson.Node, error) {
	list, err := a.evaluateAs(0, armjson.Array)
	if err != nil {
		return nil, err
	}
	l, err := a.lambda(1, 1, 2)
	if err != nil {
		return nil, err
	}
	if list.Kind == armjson.Unknown {
		return a.waiting(armjson.Array, list), nil
	}
	kept := gathering{a: a}
	for i, item := range list.Items {
		is, cause, err := l.test(item, l.index(1, i))
		if err != nil {
			return nil, err
		}
		switch is {
		case maybe:
			return a.waiting(armjson.Array, cause), nil
		case yes:
			if err := kept.add(item); err != nil {
				return nil, err
			}
		}
	}
	return kept.array(), nil
}

func mapItems(a *Args) (*armjson.Node, error) {
	list, err := a.evaluateAs(0, armjson.Array)
	if err != nil {
		return nil, err
	}
	l, err := a.lambda(1, 1, 2)
	if err != nil {
		return nil, err
	}
	if list.Kind == armjson.Unknown {
		return a.waiting(armjson.Array, list), nil
	}
	made := gathering{a: a}
	for i, item := range list.Items {
		v, err := l.call(item, l.index(1, i))
		if err != nil {
			return nil, err
		}
		if err := made.add(v); err != nil {
			return nil, err
		}
	}
	return made.array(), nil
}

func reduce(a *Args) (*armjson.Node, error) {
	list, err := a.evaluateAs(0, armjson.Array)
	if err != nil {
		return nil, err
	}
	value, err := a.evaluate(1)
	if err != nil {
		return nil, err
	}
	l, err := a.lambda(2, 2, 3)
	if err != nil {
		return nil, err
	}
	if list.Kind == armjson.Unknown {
		return a.waiting(0, list), nil
	}
	for i, item := range list.Items {
		if value, err = l.call(value, item, l.index(2, i)); err != nil {
			return nil, err
		}
	}
	return value, nil
}

func mapValues(a *Args) (*armjson.Node, error) {
	object, err := a.evaluateAs(0, armjson.Object)
	if err != nil {
		return nil, err
	}
	l, err := a.lambda(1, 1, 1)
	if err != nil {
		return nil, err
	}
	if object.Kind == armjson.Unknown {
		return a.waiting(armjson.Object, object), nil
	}
	made := newMembers(a)
	for _, m := range object.Members {
		v, err := l.call(m.Value)
		if err != nil {
			return nil, err
		}
		if err := made.put(m.Key, v); err != nil {
			return nil, err
		}
	}
	return made.object(), nil
}

// toObject names every element; when two have the same name the later one counts, at the place of the first.
func toObject(a *Args) (*armjson.Node, error) {
	list, err := a.evaluateAs(0, armjson.Array)
	if err != nil {
		return nil, err
	}
	name, err := a.lambda(1, 1, 1)
	if err != nil {
		return nil, err
	}
	var value *lambda
	if a.Len() == 3 {
		if value, err = a.lambda(2, 1, 1); err != nil {
			return nil, err
		}
	}
	if list.Kind == armjson.Unknown {
		return a.waiting(armjson.Object, list), nil
	}
	made := newMembers(a)
	for _, item := range list.Items {
		key, unknown, err := name.key(item)
		if err != nil {
			return nil, err
		}
		if unknown != nil {
			return a.waiting(armjson.Object, unknown), nil
		}
		v := item
		if value != nil {
			if v, err = value.call(item); err != nil {
				return nil, err
			}
		}
		if err := made.put(key, v); err != nil {
			return nil, err
		}
	}
	return made.object(), nil
}

// groupBy gathers the elements, or what a second lambda makes of each, by name.
func groupBy(a *Args) (*armjson.Node, error) {
	list, err := a.evaluateAs(0, armjson.Array)
	if err != nil {
		return nil, err
	}
	name, err := a.lambda(1, 1, 1)
	if err != nil {
		return nil, err
	}
	var value *lambda
	if a.Len() == 3 {
		if value, err = a.lambda(2, 1, 1); err != nil {
			return nil, err
		}
	}
	if list.Kind == armjson.Unknown {
		return a.waiting(armjson.Object, list), nil
	}
	var keys []string
	groups := map[string]*gathering{}
	for _, item := range list.Items {
		key, unknown, err := name.key(item)
		if err != nil {
			return nil, err
		}
		if unknown != nil {
			return a.waiting(armjson.Object, unknown), nil
		}
		if groups[key] == nil {
			keys = append(keys, key)
			groups[key] = &gathering{a: a}
		}
		if value != nil {
			if item, err = value.call(item); err != nil {
				return nil, err
			}
		}
		if err := groups[key].add(item); err != nil {
			return nil, err
		}
	}
	made := newMembers(a)
	for _, key := range keys {
		if err := made.put(key, groups[key].array()); err != nil {
			return nil, err
		}
	}
	return made.object(), nil
}
