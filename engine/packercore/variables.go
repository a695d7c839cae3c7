package packercore

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/events"
)

// variable is an input variable of the template.
type variable struct {
	name      string
	kind      cty.Type // cty.DynamicPseudoType when neither type nor default says it
	sensitive bool
	value     cty.Value // the default, then what the caller set; cty.NilVal: none yet
	rng       hcl.Range
}

// variableBlock reads a declaration. A variable without a type has that of its default, as in Packer.
func (l *loader) variableBlock(b *hclsyntax.Block) {
	l.check(b.Body, variableShape)
	v := &variable{name: b.Labels[0], kind: cty.DynamicPseudoType, rng: b.DefRange()}
	if !hclsyntax.ValidIdentifier(v.name) {
		l.fail(b.LabelRanges[0], "%q cannot be the name of a variable", v.name)
		return
	}
	if first, ok := l.t.variables[v.name]; ok {
		l.fail(v.rng, "variable %q is declared twice (the first one is at %s)", v.name, toRange(first.rng))
		return
	}
	l.t.variables[v.name] = v

	attrs := b.Body.Attributes
	l.literal(attrs["description"], cty.String)
	if s, ok := l.literal(attrs["sensitive"], cty.Bool); ok {
		v.sensitive = s.True()
	}
	if attr := attrs["type"]; attr != nil {
		kind, diags := typeexpr.TypeConstraint(attr.Expr)
		if l.diagnose(diags) {
			return
		}
		v.kind = kind
	}
	attr := attrs["default"]
	if attr == nil {
		return
	}
	value, diags := attr.Expr.Value(nil)
	if l.diagnose(diags) {
		return
	}
	if attrs["type"] == nil {
		v.kind = value.Type()
	}
	value, err := convertTo(value, v.kind)
	if err != nil {
		l.fail(attr.Expr.Range(), "the default of variable %q: %v", v.name, err)
		return
	}
	v.value = value
}

// assign gives the variables the values that the caller set, and requires one for each. Sensitive ones become known to mask.
func (l *loader) assign(vars map[string]string, mask *events.Mask) {
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		v, ok := l.t.variables[name]
		if !ok {
			l.errs = append(l.errs, &TemplateError{Err: fmt.Errorf(
				"the Packer template declares no variable %q; %s", name, known(name, l.t.variables))})
			continue
		}
		value, err := parseValue(vars[name], v.kind)
		if err != nil {
			shown := fmt.Sprintf("%q", vars[name])
			if v.sensitive {
				shown = "given (sensitive)"
			}
			l.fail(v.rng, "variable %q cannot be %s: %v", name, shown, err)
			continue
		}
		v.value = value
	}
	for _, v := range slices.SortedFunc(maps.Values(l.t.variables), func(a, b *variable) int {
		return comparePlace(a.rng, b.rng)
	}) {
		if v.value == cty.NilVal {
			if _, given := vars[v.name]; !given {
				l.fail(v.rng, "variable %q has no value: it has no default and none was given", v.name)
			}
			continue
		}
		if v.sensitive && mask != nil {
			addSecrets(mask, v.value)
		}
	}
}

// parseValue turns text from outside into a value of the given type: as it stands for a string, or when no type is known; else
// it is HCL, as after Packer's -var.
func parseValue(text string, kind cty.Type) (cty.Value, error) {
	if kind == cty.String || kind == cty.DynamicPseudoType {
		return cty.StringVal(text), nil
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, fmt.Errorf("it is not a value of type %s", typeexpr.TypeString(kind))
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() {
		return cty.NilVal, fmt.Errorf("it is not a value of type %s", typeexpr.TypeString(kind))
	}
	return convertTo(v, kind)
}

// addSecrets masks every string and number inside a value.
func addSecrets(mask *events.Mask, v cty.Value) {
	// The walk cannot fail: the callback never does.
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.IsNull() || !v.IsKnown() {
			return false, nil
		}
		switch v.Type() {
		case cty.String:
			mask.Add(events.Secret(v.AsString()))
		case cty.Number:
			mask.Add(events.Secret(v.AsBigFloat().Text('f', -1)))
		}
		return true, nil
	})
}

// comparePlace orders ranges by file, then by place.
func comparePlace(a, b hcl.Range) int {
	if a.Filename != b.Filename {
		if a.Filename < b.Filename {
			return -1
		}
		return 1
	}
	return a.Start.Byte - b.Start.Byte
}
