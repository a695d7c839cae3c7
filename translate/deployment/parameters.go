package deployment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// given are the values that a template gets from outside: from the caller, from parameter files, from the deployment it
// is nested in.
type given struct {
	list   []*givenValue  // in the order they were written; a later one takes the place of an earlier one of its name
	byName map[string]int // place in list by name in lower case
	// all makes every parameter unknown: the values themselves are not known before the deployment.
	all *armjson.Node
}

// givenValue is a value for one parameter.
type givenValue struct {
	name string
	at   diag.Range // where it is written; only the file for a value on the command line
	text *string    // as on the command line: it is read by the declared type
	make func() (*armjson.Node, error)
	file *armjson.Node // the value as written, where it is not on the command line
	s    *scope        // whose expressions the value is made of; nil for a literal
}

func (g *given) add(v *givenValue) {
	if g.byName == nil {
		g.byName = map[string]int{}
	}
	name := strings.ToLower(v.name)
	if i, known := g.byName[name]; known {
		g.list[i] = v
		return
	}
	g.byName[name] = len(g.list)
	g.list = append(g.list, v)
}

// find looks a name up in any case; nil when there is none.
func (g *given) find(name string) *givenValue {
	if i, known := g.byName[strings.ToLower(name)]; known {
		return g.list[i]
	}
	return nil
}

// givenAtRoot gathers what the caller gives the outermost template: the parameter files in their order, then single
// values.
func (x *expansion) givenAtRoot() given {
	var g given
	for _, file := range x.params.Files {
		if file != nil {
			x.knowFile(file)
			x.readParameterFile(file, &g)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.params.Values)) {
		text := x.params.Values[name]
		g.add(&givenValue{name: name, text: &text})
	}
	return g
}

// declareParameters makes a cell for each parameter, and reports values for parameters that do not exist: a misspelt
// one would have no effect otherwise.
func (s *scope) declareParameters() {
	if defs := s.x.objectIn(s.template, "definitions", maxParameters); defs != nil {
		for i := range defs.Members {
			s.checkType(defs.Members[i].Value, fmt.Sprintf("definition %q", defs.Members[i].Key), &defs.Members[i])
		}
	}
	if section := s.x.objectIn(s.template, "parameters", maxParameters); section != nil {
		for i := range section.Members {
			decl := &section.Members[i]
			s.parameters.add(&cell{kind: "parameter", name: decl.Key,
				make: func() (*armjson.Node, error) { return s.parameterValue(decl) }}, decl)
		}
	}
	for _, g := range s.given.list {
		if s.parameters.find(g.name) != nil {
			continue
		}
		s.x.budget.Spend(nearCost * int64(len(s.parameters.list)))
		if err := s.x.budget.Step(); err != nil {
			_ = s.x.overBudget(cmp.Or(g.at, s.template.Range), err)
			return
		}
		fix := "it has no parameters"
		if names := s.parameters.names(); len(names) > 0 {
			fix = diag.KnownNames(g.name, names)
		}
		at := g.at
		if at.IsZero() {
			at.File = s.template.Range.File
		}
		_ = s.x.report(CodeUnknownParameter, at, fmt.Sprintf("the deployment template has no parameter %q", g.name), "",
			fix)
	}
}

// parameterValue is the value given, else the default.
func (s *scope) parameterValue(decl *armjson.Member) (*armjson.Node, error) {
	what := fmt.Sprintf("parameter %q", decl.Key)
	if !s.checkType(decl.Value, what, decl) {
		return nil, errReported
	}
	v, at, err := s.givenParameter(decl)
	if err != nil {
		return nil, err
	}
	null := v != nil
	if v.IsNull() {
		if v, err = s.valueOfNone(decl, null, at); err != nil {
			return nil, err
		}
		at = v.Range
	}
	if bad := s.mismatch(v, decl.Value, what); bad != nil {
		place := bad.at.Range
		if place.Start.Line == 0 {
			place = cmp.Or(at, decl.KeyRange)
		}
		return nil, s.x.report(CodeBadParameter, place, bad.summary, bad.why, bad.fix)
	}
	return v, nil
}

// valueOfNone is the value of a parameter that got none, or was given null at some place: the default, else null where
// that is allowed, else an unknown value.
func (s *scope) valueOfNone(decl *armjson.Member, null bool, at diag.Range) (*armjson.Node, error) {
	strict := s.x.params.Strict || s.nested
	def := decl.Value.Member("defaultValue")
	switch {
	case def != nil:
		return (&frame{x: s.x, s: s, position: armexpr.InParameterDefault}).value(def.Value)
	case s.nullable(decl.Value):
		return armjson.NewNull().At(decl.KeyRange), nil
	case s.given.all != nil:
		return s.unknownParameter(decl, s.given.all.Unknown.Why, s.given.all.Unknown.Fix, decl.KeyRange), nil
	case null && strict:
		return nil, s.x.report(CodeBadParameter, at, fmt.Sprintf("parameter %q is given null", decl.Key),
			"it has no defaultValue that null could stand for, and it is not nullable", "give it a value")
	case strict:
		fix := fmt.Sprintf("add --param %s=VALUE", decl.Key)
		if s.nested {
			fix = fmt.Sprintf(`add "%s": {"value": …} to the parameters of the nested deployment`, decl.Key)
		}
		return nil, s.x.report(CodeMissingParameter, decl.KeyRange, fmt.Sprintf("parameter %q has no value", decl.Key),
			"it has no defaultValue, and none was given", fix)
	case null:
		return s.unknownParameter(decl, fmt.Sprintf("parameter %q is given null", decl.Key),
			fmt.Sprintf("add --param %s=VALUE", decl.Key), at), nil
	default:
		return s.unknownParameter(decl, fmt.Sprintf("parameter %q has no value", decl.Key),
			fmt.Sprintf("add --param %s=VALUE", decl.Key), decl.KeyRange), nil
	}
}

// unknownParameter stands for the value of a parameter that is not known, with the type that it is declared to have.
func (s *scope) unknownParameter(decl *armjson.Member, why, fix string, at diag.Range) *armjson.Node {
	typ, _ := s.typeOf(decl.Value)
	kind := typ.kind
	if s.nullable(decl.Value) {
		kind = 0
	}
	return armjson.NewUnknown(armjson.Missing{Kind: kind, Form: fmt.Sprintf("parameters('%s')", decl.Key), Why: why,
		Fix: fix, At: at}).
		At(decl.KeyRange)
}

// givenParameter is the value from outside, and where it was written; nil when there is none. Such values are literals.
func (s *scope) givenParameter(decl *armjson.Member) (*armjson.Node, diag.Range, error) {
	g := s.given.find(decl.Key)
	switch {
	case g == nil:
		return nil, decl.KeyRange, nil
	case g.text != nil:
		v, err := s.readText(*g.text, decl)
		return v, decl.KeyRange, err
	}
	v, err := g.make()
	if err == nil && v != nil && v.Kind == armjson.Unknown && v.Unknown.Form == "" {
		v = s.unknownParameter(decl, v.Unknown.Why,
			cmp.Or(v.Unknown.Fix, fmt.Sprintf("add --param %s=VALUE", decl.Key)), g.at)
	}
	return v, g.at, err
}

// readText reads the text of a --param by the declared type. It has no place in any file: it says it was written at the
// declaration.
func (s *scope) readText(text string, decl *armjson.Member) (*armjson.Node, error) {
	typ, named := s.typeOf(decl.Value)
	switch typ.kind {
	case armjson.String:
		return armjson.NewString(text).At(decl.KeyRange), nil
	case armjson.Bool: // True and FALSE come from shells and other tools
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil && len(text) > 1 {
			return armjson.NewBool(b).At(decl.KeyRange), nil
		}
	}
	n, list := armjson.Parse("--param "+decl.Key, []byte(text))
	if n == nil || list.HasErrors() {
		wanted, said := "JSON", ""
		if named {
			wanted, said = typ.article(), fmt.Sprintf("the parameter is declared as %q, and ", typ.name)
		}
		shown := shorten(text)
		if typ.secure {
			shown = "another text"
		}
		return nil, s.x.report(CodeBadParameter, decl.KeyRange,
			fmt.Sprintf("the value given for parameter %q is not %s", decl.Key, wanted),
			fmt.Sprintf("%s--param gave: %s", said, shown), "")
	}
	return n.AllAt(decl.KeyRange), nil
}
