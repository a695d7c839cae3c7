package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// userFunction is a function that the template defines itself. It sees its own parameters and nothing else of the
// template, but for other such functions.
type userFunction struct {
	name       string // with the namespace, as written
	parameters []*armjson.Node
	output     *armjson.Node
}

// declareFunctions reads "functions": [{"namespace": "contoso", "members": {"unique": {"parameters": […], "output":
// {…}}}}].
func (s *scope) declareFunctions() {
	m := s.template.Member("functions")
	if m == nil || m.Value.IsNull() {
		return
	}
	if m.Value.Kind != armjson.Array {
		_ = s.x.report(CodeShape, m.Value.Range,
			fmt.Sprintf("\"functions\" is %s where an array is wanted", m.Value.Kind), "", "")
		return
	}
	s.functions = map[string]*userFunction{}
	for _, space := range m.Value.Items {
		namespace := textOf(space.Get("namespace"))
		list := space.Get("members")
		if namespace == "" || list == nil || list.Kind != armjson.Object {
			_ = s.x.report(CodeShape, space.Range, "an entry of \"functions\" needs a namespace and members", "", "")
			continue
		}
		if !s.x.declares(len(list.Members), list) {
			return
		}
		for i := range list.Members {
			s.declareFunction(namespace, &list.Members[i])
		}
	}
}

func (s *scope) declareFunction(namespace string, m *armjson.Member) {
	f := &userFunction{name: namespace + "." + m.Key, output: m.Value.Get("output")}
	if f.output.Get("value") == nil {
		_ = s.x.report(CodeDeclaration, m.KeyRange, fmt.Sprintf("function %q has no output value", f.name), "",
			`add "output": {"type": …, "value": …}`)
		return
	}
	if !s.checkType(f.output, fmt.Sprintf("the output of function %q", f.name), m) {
		return
	}
	if list := m.Value.Get("parameters"); list != nil {
		for _, p := range list.Items {
			what := fmt.Sprintf("parameter %q of function %q", textOf(p.Get("name")), f.name)
			if !s.checkType(p, what, &armjson.Member{Key: m.Key, KeyRange: p.Range, Value: p}) {
				return
			}
			f.parameters = append(f.parameters, p)
		}
	}
	s.functions[strings.ToLower(f.name)] = f
	s.spelled = append(s.spelled, f.name)
}

// functionsSeeVariables is about the functions of the template: by its reference they see none, but Bicep writes some
// that do, all in language version 2, and there the service takes them.
func (s *scope) functionsSeeVariables() bool {
	return strings.HasPrefix(textOf(s.template.Get("languageVersion")), "2.")
}

// call calls a function of the template: see armexpr.Env.User.
func (s *scope) call(c *armexpr.Call, args []*armjson.Node) (*armjson.Node, error) {
	name := c.Namespace + "." + c.Name
	f := s.functions[strings.ToLower(name)]
	if f == nil {
		fix := `declare it under "functions"`
		if len(s.spelled) > 0 {
			fix = diag.KnownNames(name, s.spelled)
		}
		return nil, &armexpr.Error{Span: c.NamePlace,
			Summary: fmt.Sprintf("the template has no function %q", short(name)), Fix: fix}
	}
	if len(args) != len(f.parameters) {
		return nil, &armexpr.Error{Span: c.Place,
			Summary: fmt.Sprintf("%s takes %d arguments, not %d", short(f.name), len(f.parameters), len(args))}
	}
	given := make(map[string]*armjson.Node, len(args))
	for i, p := range f.parameters {
		parameter := textOf(p.Get("name"))
		if bad := s.mismatch(args[i], p,
			fmt.Sprintf("argument %q of %s", short(parameter), short(f.name))); bad != nil {
			return nil, &armexpr.Error{Span: c.Args[i].Span(), Summary: bad.summary, Why: bad.why, Fix: bad.fix}
		}
		given[strings.ToLower(parameter)] = args[i]
	}
	if err := s.x.budget.Enter(); err != nil {
		return nil, err
	}
	defer s.x.budget.Leave()
	value := f.output.Get("value")
	// As in a variable, nothing may be asked of deployed resources.
	v, err := (&frame{x: s.x, s: s, position: armexpr.InVariable, args: given}).value(value)
	if err != nil {
		return nil, err
	}
	if bad := s.mismatch(v, f.output, "the output of "+short(f.name)); bad != nil {
		return nil, s.x.report(CodeExpression, value.Range, bad.summary, bad.why, bad.fix)
	}
	return v, nil
}
