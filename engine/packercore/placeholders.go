package packercore

import "github.com/zclconf/go-cty/cty"

// placeholders replaces what is not known yet by a value of the same type: components, and the wire to those of another process,
// take no unknown values.
func placeholders(v cty.Value) cty.Value {
	if v.IsWhollyKnown() {
		return v
	}
	known, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		return placeholderOf(v.Type()), nil
	})
	if err != nil {
		panic("packercore: a transformation that cannot fail: " + err.Error())
	}
	return known
}

func placeholderOf(t cty.Type) cty.Value {
	switch {
	case t == cty.String:
		return cty.StringVal("<unknown>")
	case t == cty.Number:
		return cty.Zero
	case t == cty.Bool:
		return cty.False
	case t.IsListType():
		return cty.ListVal([]cty.Value{placeholderOf(t.ElementType())})
	case t.IsSetType():
		return cty.SetVal([]cty.Value{placeholderOf(t.ElementType())})
	case t.IsMapType():
		return cty.MapVal(map[string]cty.Value{"<unknown>": placeholderOf(t.ElementType())})
	case t.IsTupleType():
		var parts []cty.Value
		for _, e := range t.TupleElementTypes() {
			parts = append(parts, placeholderOf(e))
		}
		return cty.TupleVal(parts)
	case t.IsObjectType():
		parts := map[string]cty.Value{}
		for name, e := range t.AttributeTypes() {
			parts[name] = placeholderOf(e)
		}
		return cty.ObjectVal(parts)
	default:
		return cty.NullVal(t)
	}
}
