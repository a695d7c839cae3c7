package deployment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// The limits that the service sets a template.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
const (
	maxParameters = 256
	maxVariables  = 512 // 256 in older editions of the reference
	maxResources  = 800
	maxOutputs    = 64
)

// scope is what the expressions of one template see: the outermost template has one, and each nested deployment with an
// inner scope.
type scope struct {
	x          *expansion
	template   *armjson.Node
	nested     bool // it is not the outermost
	context    armexpr.Context
	given      given
	parameters cells
	variables  cells
	functions  map[string]*userFunction // by namespace and name in lower case: "contoso.unique"
	spelled    []string                 // the names of the functions as written
}

// cells hold the parameters or variables of a template.
type cells struct {
	list   []*cell // in file order
	byName map[string]*cell
	decls  map[*cell]*armjson.Member
}

func (s *cells) add(c *cell, decl *armjson.Member) {
	if s.byName == nil {
		s.byName, s.decls = map[string]*cell{}, map[*cell]*armjson.Member{}
	}
	s.list = append(s.list, c)
	s.byName[strings.ToLower(c.name)] = c
	s.decls[c] = decl
}

// find looks a name up in any case; nil when there is none.
func (s *cells) find(name string) *cell { return s.byName[strings.ToLower(name)] }

func (s *cells) names() []string {
	names := make([]string, len(s.list))
	for i, c := range s.list {
		names[i] = c.name
	}
	return names
}

func (x *expansion) newScope(template *armjson.Node, place *place, given given) *scope {
	s := &scope{x: x, template: template, context: place.context(x), given: given}
	x.scopes = append(x.scopes, s)
	s.declareParameters()
	s.declareVariables()
	s.declareFunctions()
	return s
}

// release drops the values, and what they were made of.
func (s *scope) release() {
	s.context, s.functions, s.spelled = armexpr.Context{}, nil, nil
	for _, c := range slices.Concat(s.parameters.list, s.variables.list) {
		*c = cell{kind: c.kind, name: c.name}
	}
	for _, g := range s.given.list {
		g.make = nil
	}
}

// objectIn returns a section of the template that must be an object; nil when it is absent or something else.
func (x *expansion) objectIn(template *armjson.Node, name string, most int) *armjson.Node {
	m := template.Member(name)
	switch {
	case m == nil || m.Value.IsNull():
		return nil
	case m.Value.Kind != armjson.Object:
		_ = x.report(CodeShape, m.Value.Range, fmt.Sprintf("%q is %s where an object is wanted", name, m.Value.Kind),
			"", "")
		return nil
	case len(m.Value.Members) > most:
		x.tooMany(m, len(m.Value.Members), most, name)
	}
	if !x.declares(len(m.Value.Members), m.Value) {
		return nil
	}
	return m.Value
}

// declares counts what n declarations take; it is false, and that was reported, when it is too much. A loop over nested
// deployments declares those in their templates again in each turn.
func (x *expansion) declares(n int, section *armjson.Node) bool {
	const size = 320 // about what a declaration takes, however little is written in it
	x.budget.Spend(int64(n))
	if err := x.budget.Charge(int64(n) * size); err != nil {
		_ = x.overBudget(section.Range, err)
		return false
	}
	return true
}

func (x *expansion) tooMany(m *armjson.Member, have, most int, what string) {
	_ = x.report(CodeLimit, m.KeyRange, fmt.Sprintf("the template has %d %s", have, what),
		fmt.Sprintf("the service takes up to %d", most), "")
}

// force evaluates what nobody asked for, as the service does: a failure in an unused variable is a failure.
func (s *scope) force() {
	for _, c := range slices.Concat(s.parameters.list, s.variables.list) {
		s.x.settle(c, s.declared(c))
	}
}

// declared is where a parameter or variable is declared.
func (s *scope) declared(c *cell) *armjson.Node {
	if m := s.parameters.decls[c]; m != nil {
		return m.Value
	}
	return s.variables.decls[c].Value
}

// parameter looks a parameter up. In a function of the template those are its arguments.
func (f *frame) parameter(name string) (*armjson.Node, error) {
	if f.args != nil {
		if v := f.args[strings.ToLower(name)]; v != nil {
			return v, nil
		}
		return nil, &armexpr.Error{Summary: fmt.Sprintf("the function has no parameter %q", short(name)),
			Why: "a function of a template sees its own parameters only"}
	}
	c := f.s.parameters.find(name)
	if c == nil {
		return nil, f.unknownName("parameter", name, &f.s.parameters)
	}
	return f.x.get(c)
}

func (s *scope) variable(name string) (*armjson.Node, error) {
	c := s.variables.find(name)
	if c == nil {
		return nil, (&frame{x: s.x, s: s}).unknownName("variable", name, &s.variables)
	}
	return s.x.get(c)
}

// nearCost is how many steps it is to compare a name with a known one, for the near name that a message offers.
const nearCost = 4

func (f *frame) unknownName(kind, name string, in *cells) error {
	err := &armexpr.Error{Summary: fmt.Sprintf("there is no %s %q", kind, short(name)),
		Fix: fmt.Sprintf("declare it under %q", kind+"s")}
	f.x.budget.Spend(nearCost * int64(len(in.list)))
	if names := in.names(); len(names) > 0 {
		err.Fix = diag.KnownNames(name, names)
	}
	if f.b != nil && f.b.outer != nil && f.b.template.Get(kind+"s").Get(name) != nil {
		err.Why = "the nested template declares it, and its expressions see the template around it"
		err.Fix = `set "expressionEvaluationOptions": {"scope": "inner"} in the properties of the nested deployment`
	}
	return err
}
