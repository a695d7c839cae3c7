package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// concat joins arrays if its first argument is one, else texts; numbers and booleans join in their text form. Arrays
// are joined even if elements inside them are not known.
func concat(a *Args) (*armjson.Node, error) {
	kind, err := concatKind(a)
	if err != nil {
		return nil, err
	}
	for _, v := range a.Values {
		if v.Kind == armjson.Unknown {
			return unknownFrom(kind, callForm("concat", a.Values), v), nil
		}
	}
	if kind == armjson.Array {
		return concatArrays(a)
	}
	size := int64(0)
	for _, v := range a.Values {
		size += int64(len(textForm(v)))
	}
	if err := a.Fits(size, 0); err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, v := range a.Values {
		b.WriteString(textForm(v))
	}
	return armjson.NewString(b.String()), nil
}

// concatKind tells from the first argument that is known what all must be: arrays, or texts. It is 0 when none is
// known.
func concatKind(a *Args) (armjson.Kind, error) {
	var joined armjson.Kind
	for i, v := range a.Values {
		kind := v.Kind
		if kind == armjson.Unknown {
			kind = v.Unknown.Kind
		}
		switch {
		case kind == 0:
		case kind == armjson.Array && joined != armjson.String:
			joined = armjson.Array
		case joined == armjson.Array:
			return 0, a.Fail(i, "concat of arrays takes arrays only, not %s", kind)
		case kind == armjson.String, kind == armjson.Number, kind == armjson.Bool:
			joined = armjson.String
		default:
			return 0, a.Fail(i, "concat of texts does not take %s", kind)
		}
	}
	return joined, nil
}

func concatArrays(a *Args) (*armjson.Node, error) {
	size, items := int64(0), 0
	for _, v := range a.Values {
		size += v.Weight()
		items += len(v.Items)
	}
	if err := a.Fits(size, items); err != nil {
		return nil, err
	}
	joined := make([]*armjson.Node, 0, items)
	for _, v := range a.Values {
		joined = append(joined, v.Items...)
	}
	return armjson.NewArray(joined), nil
}

// join puts a text between the elements of an array. They must be texts, numbers or booleans.
func join(a *Args) (*armjson.Node, error) {
	items, err := a.Array(0)
	if err != nil {
		return nil, err
	}
	between, err := a.Text(1)
	if err != nil {
		return nil, err
	}
	if err := a.work(foldingCost * a.Values[0].Weight()); err != nil {
		return nil, err
	}
	size := int64(len(items)) * int64(len(between))
	for i, item := range items {
		if item.Kind == armjson.Array || item.Kind == armjson.Object {
			return nil, a.Fail(0, "join takes texts, numbers and booleans, and element %d is %s", i, item.Kind)
		}
		size += int64(len(textForm(item)))
	}
	if err := a.Fits(size, 0); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(textForm(item))
	}
	return armjson.NewString(b.String()), nil
}

// stringOf is string(): the text form of a value, with arrays and objects as JSON.
func stringOf(a *Args) (*armjson.Node, error) {
	v := a.Values[0]
	if v.Kind != armjson.Array && v.Kind != armjson.Object {
		return armjson.NewString(textForm(v)), nil
	}
	if err := a.Fits(v.Weight(), 0); err != nil {
		return nil, err
	}
	if err := a.work(foldingCost * v.Weight()); err != nil {
		return nil, err
	}
	return armjson.NewString(compact(v, '"')), nil
}
