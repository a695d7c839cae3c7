package fromhcl

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/hcltext"
)

// eval knows what the expressions of a Packer template may refer to.
type eval struct {
	given     map[string]string
	variables map[string]*variable
	locals    map[string]*local
}

// variable is a variable of the Packer template.
type variable struct {
	name, description string
	typ               cty.Type
	standard          cty.Value // cty.NilVal: none
	given             cty.Value // cty.NilVal: not given, so that it becomes a parameter
	sensitive         bool
	absent            bool // by default it is null: what it sets is left out
}

// local is a local value; it is evaluated when somebody asks.
type local struct {
	expr  hclsyntax.Expression
	busy  bool // somebody asks for it already
	done  bool
	value cty.Value // cty.NilVal when it is not known
}

func newEval(given map[string]string) *eval {
	return &eval{given: given, variables: map[string]*variable{}, locals: map[string]*local{}}
}

// functions are those that ask nothing of the world. What comes out of another one is not known.
var functions = map[string]function.Function{
	"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "chomp": stdlib.ChompFunc, "coalesce": stdlib.CoalesceFunc,
	"coalescelist": stdlib.CoalesceListFunc, "compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
	"distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc, "floor": stdlib.FloorFunc,
	"format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc, "indent": stdlib.IndentFunc, "join": stdlib.JoinFunc,
	"jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc, "keys": stdlib.KeysFunc, "length": stdlib.LengthFunc,
	"lookup": stdlib.LookupFunc, "lower": stdlib.LowerFunc, "max": stdlib.MaxFunc, "merge": stdlib.MergeFunc, "min": stdlib.MinFunc,
	"range": stdlib.RangeFunc, "regex": stdlib.RegexFunc, "regex_replace": stdlib.RegexReplaceFunc, "replace": stdlib.ReplaceFunc,
	"reverse": stdlib.ReverseListFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "split": stdlib.SplitFunc,
	"strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc,
	"trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,
	"values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
}

// declare reads the variables and local values.
func (e *eval) declare(blocks []*hclsyntax.Block, m *importing) {
	for _, b := range blocks {
		switch {
		case b.Type == "variable" && len(b.Labels) == 1:
			e.variables[b.Labels[0]] = e.variable(b, m)
		case b.Type == "locals":
			for name, attr := range b.Body.Attributes {
				e.locals[name] = &local{expr: attr.Expr}
			}
		case b.Type == "local" && len(b.Labels) == 1:
			if attr := b.Body.Attributes["expression"]; attr != nil {
				e.locals[b.Labels[0]] = &local{expr: attr.Expr}
			}
		}
	}
	var names []string
	for name := range e.variables {
		names = append(names, name)
	}
	for name := range e.given {
		if e.variables[name] == nil {
			m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNotRead, Summary: fmt.Sprintf("the Packer template has no variable %q", name),
				Fix: diag.KnownNames(name, names)})
		}
	}
}

func (e *eval) variable(b *hclsyntax.Block, m *importing) *variable {
	v := &variable{name: b.Labels[0], typ: cty.DynamicPseudoType}
	if attr := b.Body.Attributes["type"]; attr != nil {
		typ, found := typeexpr.TypeConstraint(attr.Expr)
		if found.HasErrors() {
			m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNotRead, Subject: rangeOf(&attr.SrcRange),
				Summary: fmt.Sprintf("the type of variable %q is none", v.name), Why: sentence(found[0].Detail)})
			return v
		}
		v.typ = typ
	}
	if attr := b.Body.Attributes["default"]; attr != nil {
		standard, found := attr.Expr.Value(&hcl.EvalContext{Functions: functions})
		if !found.HasErrors() {
			standard, err := convert.Convert(standard, v.typ)
			if err != nil {
				m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNotRead, Subject: rangeOf(&attr.SrcRange),
					Summary: fmt.Sprintf("the default of variable %q does not have its type", v.name), Why: err.Error()})
			} else if v.absent = standard.IsNull(); !v.absent {
				v.standard = standard
			}
		}
	}
	if v.typ == cty.DynamicPseudoType && v.standard != cty.NilVal {
		v.typ = v.standard.Type()
	}
	if attr := b.Body.Attributes["description"]; attr != nil {
		text, _ := e.known(attr.Expr)
		v.description = textOf(text)
	}
	if attr := b.Body.Attributes["sensitive"]; attr != nil {
		yes, ok := e.known(attr.Expr)
		v.sensitive = ok && yes.Type() == cty.Bool && yes.True()
	}
	if given, ok := e.given[v.name]; ok {
		v.given = e.givenValue(v, given, m)
	}
	return v
}

// givenValue reads what was typed for a variable: text where it wants that, else an expression.
func (e *eval) givenValue(v *variable, given string, m *importing) cty.Value {
	if v.typ == cty.String || v.typ == cty.DynamicPseudoType {
		return cty.StringVal(given)
	}
	expr, found := hcltext.ParseExpression([]byte(given), "")
	if !found.HasErrors() {
		value, more := expr.Value(nil)
		if found = more; !found.HasErrors() {
			if value, err := convert.Convert(value, v.typ); err == nil && value.IsWhollyKnown() && !value.IsNull() {
				return value
			}
		}
	}
	m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNotRead,
		Summary: fmt.Sprintf("%q is no value for variable %q", given, v.name), Why: "its type is " + typeexpr.TypeString(v.typ)})
	return cty.NilVal
}

// known evaluates an expression, with variables as they are given or by default. ok is false when it is not known, or null. The values
// of sensitive variables are never known: they must not be written down.
func (e *eval) known(expr hclsyntax.Expression) (v cty.Value, ok bool) {
	if loops(expr) > maxLoops {
		return cty.NilVal, false
	}
	v, found := expr.Value(e.scope(expr))
	if found.HasErrors() || v == cty.NilVal || v.IsNull() || !v.IsWhollyKnown() {
		return cty.NilVal, false
	}
	return v, true
}

// scope holds what one expression refers to: the rest need not be evaluated.
func (e *eval) scope(expr hclsyntax.Expression) *hcl.EvalContext {
	vars, locals := map[string]cty.Value{}, map[string]cty.Value{}
	for _, t := range expr.Variables() {
		root, name := reference(t)
		switch root {
		case "var":
			vars[name] = cty.UnknownVal(cty.DynamicPseudoType)
			switch v := e.variables[name]; {
			case v == nil:
			case v.absent && v.given == cty.NilVal:
				vars[name] = cty.NullVal(v.typ)
			case v.sensitive:
			case v.given != cty.NilVal:
				vars[name] = v.given
			case v.standard != cty.NilVal:
				vars[name] = v.standard
			}
		case "local":
			locals[name] = cty.UnknownVal(cty.DynamicPseudoType)
			if v, ok := e.local(name); ok {
				locals[name] = v
			}
		}
	}
	if e.expanded(expr, vars, locals) > maxExpanded {
		clear(vars)
		clear(locals)
	}
	return &hcl.EvalContext{Functions: functions, Variables: map[string]cty.Value{
		"var": cty.ObjectVal(vars), "local": cty.ObjectVal(locals),
		"path": cty.ObjectVal(map[string]cty.Value{"root": cty.StringVal("."), "cwd": cty.StringVal(".")}),
	}}
}

// local gives a local value, which is evaluated once. One that refers to itself has none.
func (e *eval) local(name string) (cty.Value, bool) {
	l := e.locals[name]
	if l == nil || l.busy {
		return cty.NilVal, false
	}
	if !l.done {
		l.busy = true
		l.value, _ = e.known(l.expr)
		l.busy, l.done = false, true
	}
	return l.value, l.value != cty.NilVal
}

// A few lines can name each other so often that what comes of them fills the memory, or takes a day. No image template is like that.
const (
	maxExpanded = 16 << 20 // bytes that one expression may refer to
	maxLoops    = 2        // loops inside loops
)

// expanded is how much an expression refers to, in bytes, as often as it does.
func (e *eval) expanded(expr hclsyntax.Expression, vars, locals map[string]cty.Value) int {
	size, times := 0, 1
	for range loops(expr) {
		times *= 1024 // the longest range
	}
	for _, t := range expr.Variables() {
		root, name := reference(t)
		if root == "var" {
			size += sizeOf(vars[name])
		} else if root == "local" {
			size += sizeOf(locals[name])
		}
	}
	return size * times
}

// loops is how deep loops stand inside each other, at most.
func loops(expr hclsyntax.Expression) int {
	w := &loopWalker{}
	_ = hclsyntax.Walk(expr, w) // it finds nothing
	return w.deepest
}

type loopWalker struct{ now, deepest int }

// Enter implements hclsyntax.Walker.
func (w *loopWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if _, ok := n.(*hclsyntax.ForExpr); ok {
		w.now++
		w.deepest = max(w.deepest, w.now)
	}
	return nil
}

// Exit implements hclsyntax.Walker.
func (w *loopWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if _, ok := n.(*hclsyntax.ForExpr); ok {
		w.now--
	}
	return nil
}

// sizeOf is about how many bytes the strings of a value have, and how many values it has.
func sizeOf(v cty.Value) int {
	switch {
	case v == cty.NilVal || v.IsNull() || !v.IsKnown():
		return 0
	case v.Type() == cty.String:
		return len(v.AsString()) + 1
	case v.CanIterateElements():
		size := 1
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			size += sizeOf(element)
		}
		return size
	default:
		return 1
	}
}

// reference takes a traversal apart: var.name gives "var" and "name".
func reference(t hcl.Traversal) (root, name string) {
	if len(t) > 1 {
		if attr, ok := t[1].(hcl.TraverseAttr); ok {
			return t.RootName(), attr.Name
		}
	}
	return t.RootName(), ""
}

// refersTo reports whether an expression refers to a root, such as build.
func refersTo(expr hclsyntax.Expression, root string) bool {
	return slices.ContainsFunc(expr.Variables(), func(t hcl.Traversal) bool { return t.RootName() == root })
}

// textOf is a string, number or boolean as text; "" for anything else.
func textOf(v cty.Value) string {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return ""
	}
	if s, err := convert.Convert(v, cty.String); err == nil && s.IsKnown() && !s.IsNull() {
		return s.AsString()
	}
	return ""
}

// textsOf are the elements of a list, as texts; nil for anything else.
func textsOf(v cty.Value) []string {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() || !v.CanIterateElements() || v.Type().IsMapType() || v.Type().IsObjectType() {
		return nil
	}
	var all []string
	for _, element := range v.AsValueSlice() {
		all = append(all, textOf(element))
	}
	return all
}
