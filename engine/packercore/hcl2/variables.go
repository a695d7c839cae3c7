package hcl2

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Variable is an input variable with the value it has in a template.
type Variable struct {
	Name      string
	Value     cty.Value
	Sensitive bool
}

// variable is an input variable as it is declared.
type variable struct {
	name        string
	kind        cty.Type           // cty.DynamicPseudoType when neither type nor default says it
	defaults    *typeexpr.Defaults // of optional() attributes; nil: none
	sensitive   bool
	value       cty.Value // the default, then what was given from outside; cty.NilVal: none yet
	given       hcl.Range // where value is written; the declaration when it is in no file
	from        string    // of the value, for messages: "the default", "-var"
	validations []validation
	rng         hcl.Range
}

// declare notes a variable, unless there is one of that name.
func (l *loader) declare(v *variable, nameRange hcl.Range) bool {
	if !hclsyntax.ValidIdentifier(v.name) {
		l.fail(nameRange, "%q cannot be the name of a variable", clip(v.name))
		return false
	}
	if first, ok := l.variables[v.name]; ok {
		l.twice(fmt.Sprintf("variable %q is declared twice", v.name), v.rng, first.rng)
		return false
	}
	l.variables[v.name] = v
	return true
}

// variableBlock reads a declaration. A variable without a type has that of its default, as in Packer.
func (l *loader) variableBlock(b *hcl.Block) {
	v := &variable{name: b.Labels[0], kind: cty.DynamicPseudoType, rng: b.DefRange}
	content, ok := l.content(b.Body, variableShape)
	if !l.declare(v, b.LabelRanges[0]) || !ok {
		return
	}
	attrs := content.Attributes
	l.text(attrs["description"], nil)
	if s, ok := l.literal(attrs["sensitive"], cty.Bool); ok {
		v.sensitive = s.True()
	}
	if attr := attrs["type"]; attr != nil {
		kind, defaults, diags := typeexpr.TypeConstraintWithDefaults(attr.Expr)
		if l.diagnose(diags) {
			return
		}
		v.kind, v.defaults = kind, defaults
	}
	if attr := attrs["default"]; attr != nil {
		l.defaultValue(v, attr, attrs["type"] == nil)
	}
	for _, inner := range content.Blocks {
		l.validationBlock(v, inner)
	}
}

// variablesBlock reads the short form, where each attribute is a variable with its default.
func (l *loader) variablesBlock(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	l.diagnose(diags)
	for _, attr := range sortedAttrs(attrs) {
		v := &variable{name: attr.Name, kind: cty.DynamicPseudoType, rng: attr.Range}
		if l.declare(v, attr.NameRange) {
			l.defaultValue(v, attr, true)
		}
	}
}

// defaultValue evaluates a default. It may use no function but env, which is there in no other place.
func (l *loader) defaultValue(v *variable, attr *hcl.Attribute, untyped bool) {
	value, diags := attr.Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{"env": envFunc(l.in.Env)}})
	if l.diagnose(diags) {
		return
	}
	value, err := v.convert(value)
	if err != nil {
		l.fail(attr.Expr.Range(), "the default of variable %q: %v", v.name, err)
		return
	}
	v.value, v.given, v.from = value, attr.Expr.Range(), "the default"
	// Of an empty list or object nobody can tell what it is to hold.
	if t := value.Type(); untyped && !t.Equals(cty.EmptyObject) && !t.Equals(cty.EmptyTuple) {
		v.kind = t
	}
}

// varPrefix begins the names of environment variables that give values.
const varPrefix = "PKR_VAR_"

// assign gives the variables the values from outside, each later source over the earlier ones, and requires one for each. Sensitive
// values are told before anything could be said of them.
func (l *loader) assign() {
	for _, entry := range l.in.Env {
		name, text, ok := strings.Cut(entry, "=")
		if name, given := strings.CutPrefix(name, varPrefix); ok && given && l.variables[name] != nil {
			l.assignText(l.variables[name], text, "environment variable "+varPrefix+name)
		}
	}
	for _, f := range l.valueFiles {
		l.assignFile(f)
	}
	for _, name := range slices.Sorted(maps.Keys(l.in.Vars)) {
		if v := l.variables[name]; v != nil {
			l.assignText(v, l.in.Vars[name], "-var")
			continue
		}
		l.errs = append(l.errs, &Error{Err: fmt.Errorf("the Packer template declares no variable %q%s",
			clip(name), near(name, slices.Collect(maps.Keys(l.variables))))})
	}
	for _, v := range l.ordered() {
		if v.from == "" {
			l.fail(v.rng, "variable %q has no value: it has no default and none was given", v.name)
		}
		if v.value == cty.NilVal {
			continue // one was given, and is wrong, which is noted
		}
		if v.sensitive {
			tellSecrets(l.in.Secret, v.value)
		}
		l.validate(v)
	}
}

// assignText gives a variable a value that came as text. A wrong one is noted, and leaves the variable without a value.
func (l *loader) assignText(v *variable, text, from string) {
	if v.sensitive {
		l.in.Secret(text)
	}
	value, err := v.parse(text)
	if err != nil {
		shown := fmt.Sprintf("%q", clip(text))
		if v.sensitive {
			shown = "what was given (sensitive)"
		}
		l.fail(v.rng, "variable %q cannot be %s: %v", v.name, shown, err)
	}
	v.value, v.given, v.from = value, v.rng, from
}

// assignFile gives variables the values of a .pkrvars file. Names that the template does not declare are left, as in Packer, where
// one file may serve many templates; but a person is warned of them.
func (l *loader) assignFile(f *file) {
	if f.native != nil && len(f.native.Blocks) > 0 {
		for _, b := range f.native.Blocks {
			l.fail(b.TypeRange, "a file of values has no blocks: variables are declared in *%s files, "+
				"and this one is to hold name = value", hclSuffix)
		}
		return
	}
	attrs, diags := f.body.JustAttributes()
	l.diagnose(diags)
	for _, attr := range sortedAttrs(attrs) {
		v := l.variables[attr.Name]
		if v == nil {
			err := fmt.Errorf("the Packer template declares no variable %q%s",
				clip(attr.Name), near(attr.Name, slices.Collect(maps.Keys(l.variables))))
			l.warnings = append(l.warnings, l.ErrorAt(attr.NameRange, err))
			continue
		}
		value, diags := attr.Expr.Value(nil)
		if l.diagnose(diags) {
			v.from = f.name
			continue
		}
		value, err := v.convert(value)
		if err != nil {
			l.fail(attr.Expr.Range(), "variable %q: %v", v.name, err)
		}
		v.value, v.given, v.from = value, attr.Expr.Range(), f.name
	}
}

// convert makes a value one of the variable's type.
func (v *variable) convert(value cty.Value) (cty.Value, error) {
	if v.defaults != nil && !value.IsNull() {
		value = v.defaults.Apply(value)
	}
	return convertTo(value, v.kind)
}

// parse turns text from outside into a value of the variable's type: as it stands for a text, a number, or when no type is known;
// else it is an expression of HCL.
func (v *variable) parse(text string) (cty.Value, error) {
	kind := v.kind.WithoutOptionalAttributesDeep()
	wrong := fmt.Errorf("it is not a value of type %s", typeexpr.TypeString(kind))
	switch kind {
	case cty.String, cty.Number, cty.DynamicPseudoType:
		value, err := convertTo(cty.StringVal(text), kind)
		if err != nil {
			return cty.NilVal, wrong
		}
		return value, nil
	}
	expr, err := parseExpression(text)
	if err != nil {
		return cty.NilVal, wrong
	}
	value, diags := expr.Value(nil)
	if diags.HasErrors() {
		return cty.NilVal, wrong
	}
	return v.convert(value)
}

// ordered gives the variables as they are declared.
func (l *loader) ordered() []*variable {
	return slices.SortedFunc(maps.Values(l.variables), func(a, b *variable) int { return comparePlace(a.rng, b.rng) })
}

// inputs gives the variables for others.
func (l *loader) inputs() []Variable {
	var list []Variable
	for _, v := range l.ordered() {
		if v.value != cty.NilVal {
			list = append(list, Variable{Name: v.name, Value: v.value, Sensitive: v.sensitive})
		}
	}
	return list
}

// tellSecrets tells every text and number inside a value.
func tellSecrets(tell func(string), v cty.Value) {
	v, _ = v.UnmarkDeep()
	// The walk cannot fail: the callback never does.
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.IsNull() || !v.IsKnown() {
			return false, nil
		}
		switch v.Type() {
		case cty.String:
			tell(v.AsString())
		case cty.Number:
			tell(v.AsBigFloat().Text('f', -1))
		}
		return true, nil
	})
}

// workingDir is where Ingot was started, with slashes; "" when the folder is gone, as under Packer.
func workingDir() string {
	dir, _ := os.Getwd()
	return strings.ReplaceAll(dir, `\`, "/")
}
