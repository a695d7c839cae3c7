package fromhcl

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/diag"
)

// text is a string of the deployment template: a literal, or an expression of its language.
type text struct{ literal, expr string }

// MarshalJSON gives the string as a deployment template holds it: an expression in brackets, and a literal in brackets with one more.
func (t text) MarshalJSON() ([]byte, error) {
	s := t.literal
	if t.expr != "" {
		s = "[" + t.expr + "]"
	} else if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = "[" + s
	}
	return encode(s)
}

// encode is json.Marshal without escapes for HTML: people read it.
func encode(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// arg is the text as an argument of a function.
func (t text) arg() string {
	if t.expr != "" {
		return t.expr
	}
	return quote(t.literal)
}

// quote makes a string literal of the language.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// call is an expression that calls a function of the deployment template language.
func call(function string, args ...text) text {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = a.arg()
	}
	return text{expr: function + "(" + strings.Join(list, ", ") + ")"}
}

// joined is the texts one after the other.
func joined(parts ...text) text {
	var pattern strings.Builder
	var args []text
	literal := true
	for _, p := range parts {
		if p.expr == "" {
			pattern.WriteString(p.literal)
		} else {
			literal = false
		}
	}
	if literal {
		return text{literal: pattern.String()}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	pattern.Reset()
	for _, p := range parts {
		if p.expr == "" {
			pattern.WriteString(strings.NewReplacer("{", "{{", "}", "}}").Replace(p.literal))
			continue
		}
		fmt.Fprintf(&pattern, "{%d}", len(args))
		args = append(args, p)
	}
	return call("format", append([]text{{literal: pattern.String()}}, args...)...)
}

// parameter is a parameter of the deployment template.
type parameter struct {
	name, typ, description string
	standard               any // nil: none
	from                   *variable
}

// MarshalJSON gives what stands at the name of the parameter.
func (p *parameter) MarshalJSON() ([]byte, error) {
	type metadata struct {
		Description string `json:"description"`
	}
	out := struct {
		Type     string    `json:"type"`
		Default  any       `json:"defaultValue,omitempty"`
		Metadata *metadata `json:"metadata,omitempty"`
	}{Type: p.typ, Default: p.standard}
	if p.description != "" {
		out.Metadata = &metadata{p.description}
	}
	return encode(out)
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_]`)

// param gives the parameter for a variable.
func (m *importing) param(v *variable) text {
	for _, p := range m.params {
		if p.from == v {
			return text{expr: "parameters(" + quote(p.name) + ")"}
		}
	}
	p := &parameter{typ: parameterType(v), description: v.description, from: v}
	if v.standard != cty.NilVal && !v.sensitive { // a secret is not written down
		p.standard = plain(v.standard)
	}
	return m.declare(p, v.name)
}

// ask makes a parameter for a value that is not known.
func (m *importing) ask(attr *hclsyntax.Attribute, typ string) text {
	if t, asked := m.asked[attr]; asked {
		return t
	}
	t := m.declare(&parameter{typ: typ}, attr.Name)
	r := attr.Expr.Range()
	m.add(diag.Diagnostic{Severity: diag.Warning, Code: CodeAsked, Subject: rangeOf(&r),
		Summary: fmt.Sprintf("the value of %q is not known", attr.Name),
		Why:     "the expression has no counterpart in a deployment template",
		Fix:     fmt.Sprintf("give it as parameter %q, or write it in the Packer template", m.params[len(m.params)-1].name)})
	m.asked[attr] = t
	return t
}

// declare adds a parameter under a name of its own.
func (m *importing) declare(p *parameter, name string) text {
	name = notInNames.ReplaceAllString(name, "_")
	for p.name = name; m.taken(p.name); {
		p.name += "_"
	}
	m.params = append(m.params, p)
	return text{expr: "parameters(" + quote(p.name) + ")"}
}

// taken reports whether a name is that of a parameter, in any case: the language does not tell case apart.
func (m *importing) taken(name string) bool {
	for _, p := range m.params {
		if strings.EqualFold(p.name, name) {
			return true
		}
	}
	return false
}

func parameterType(v *variable) string {
	switch {
	case v.sensitive && (v.typ.IsObjectType() || v.typ.IsMapType()):
		return "secureObject"
	case v.sensitive:
		return "secureString"
	case v.typ == cty.Number:
		return "int"
	case v.typ == cty.Bool:
		return "bool"
	case v.typ.IsListType() || v.typ.IsSetType() || v.typ.IsTupleType():
		return "array"
	case v.typ.IsMapType() || v.typ.IsObjectType():
		return "object"
	default:
		return "string"
	}
}

// plain is a value as encoding/json writes it. Strings are texts, so that a bracket at the start of one means nothing.
func plain(v cty.Value) any {
	switch typ := v.Type(); {
	case v.IsNull() || !v.IsKnown():
		return nil
	case typ == cty.String:
		return text{literal: v.AsString()}
	case typ == cty.Bool:
		return v.True()
	case typ == cty.Number:
		if n, exact := v.AsBigFloat().Int64(); exact == big.Exact {
			return n
		}
		return text{literal: textOf(v)} // the language has whole numbers only
	case typ.IsMapType() || typ.IsObjectType():
		all := map[string]any{}
		for key, element := range v.AsValueMap() {
			all[key] = plain(element)
		}
		return all
	default:
		all := []any{}
		for _, element := range v.AsValueSlice() {
			all = append(all, plain(element))
		}
		return all
	}
}

const (
	maxDepth      = 32    // how far local values may lead to others
	maxExpression = 24576 // characters that a deployment template takes for an expression
)

// convert gives an expression in the language of deployment templates. ok is false when that has no way to say it.
func (m *importing) convert(expr hclsyntax.Expression, depth int) (t text, ok bool) {
	if depth > maxDepth {
		return text{}, false
	}
	t, ok = m.converted(expr, depth)
	return t, ok && len(t.expr) <= maxExpression && len(t.literal) <= maxExpanded
}

func (m *importing) converted(expr hclsyntax.Expression, depth int) (t text, ok bool) {
	if len(expr.Variables()) == 0 {
		v, ok := m.eval.known(expr)
		return text{literal: textOf(v)}, ok && (v.Type().IsPrimitiveType())
	}
	switch e := expr.(type) {
	case *hclsyntax.TemplateExpr:
		var parts []text
		for _, part := range e.Parts {
			p, ok := m.convert(part, depth+1)
			if !ok {
				return text{}, false
			}
			parts = append(parts, p)
		}
		return joined(parts...), true
	case *hclsyntax.TemplateWrapExpr:
		return m.convert(e.Wrapped, depth+1)
	case *hclsyntax.ParenthesesExpr:
		return m.convert(e.Expression, depth+1)
	case *hclsyntax.ScopeTraversalExpr:
		return m.convertReference(e, depth)
	case *hclsyntax.FunctionCallExpr:
		if name := map[string]string{"lower": "toLower", "upper": "toUpper", "trimspace": "trim"}[e.Name]; name != "" && len(e.Args) == 1 {
			if arg, ok := m.convert(e.Args[0], depth+1); ok && arg.expr != "" {
				return call(name, arg), true
			}
		}
	}
	return m.constant(expr)
}

// convertReference gives var.name and local.name.
func (m *importing) convertReference(e *hclsyntax.ScopeTraversalExpr, depth int) (text, bool) {
	if len(e.Traversal) == 2 {
		switch root, name := reference(e.Traversal); root {
		case "var":
			if v := m.eval.variables[name]; v != nil && v.given == cty.NilVal && (!m.own || v.standard == cty.NilVal) {
				return m.param(v), true
			}
		case "local":
			return m.local(name, depth)
		}
	}
	return m.constant(e)
}

// local gives a local value, which is converted once.
func (m *importing) local(name string, depth int) (t text, ok bool) {
	l := m.eval.locals[name]
	if l == nil {
		return text{}, false
	}
	if c, done := m.locals[name]; done {
		return c.text, c.ok
	}
	m.locals[name] = converted{} // while it is converted, it leads nowhere
	t, ok = m.convert(l.expr, depth+1)
	m.locals[name] = converted{t, ok}
	return t, ok
}

// converted is what came of a local value.
type converted struct {
	text
	ok bool
}

// constant is the value of an expression, with the defaults of the variables in it.
func (m *importing) constant(expr hclsyntax.Expression) (text, bool) {
	v, ok := m.eval.known(expr)
	if !ok || !v.Type().IsPrimitiveType() {
		return text{}, false
	}
	m.fixed(expr)
	return text{literal: textOf(v)}, true
}

// fixed says that a value is written down that a variable could have changed.
func (m *importing) fixed(expr hclsyntax.Expression) {
	for _, t := range expr.Variables() {
		root, name := reference(t)
		if v := m.eval.variables[name]; root == "var" && v != nil && v.given == cty.NilVal && !m.own {
			m.other(expr.Range(), fmt.Sprintf("what comes of variable %q here is written as a value", name),
				"the expression has no counterpart in a deployment template", "")
			return
		}
	}
}
