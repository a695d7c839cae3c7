package armexpr

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
)

func arrayFunctions() []Function {
	return []Function{
		{Name: "array", Group: Arrays, Summary: "puts a value into an array; an array stays as it is", Min: 1, Max: 1,
			Result: armjson.Array, Unknowns: NeedsNone, Eval: toArray},
		{Name: "contains", Group: Arrays, Min: 2, Max: 2, Result: armjson.Bool, Unknowns: NeedsNone, Eval: contains,
			Summary: "whether a text has a part, an array an element, an object a property; case counts but in the name of the property"},
		{Name: "createArray", Group: Arrays, Summary: "an array of the arguments", Max: -1, Result: armjson.Array,
			Unknowns: NeedsNone, Eval: func(a *Args) (*armjson.Node, error) { return armjson.NewArray(a.Values), nil }},
		{Name: "distinct", Group: Arrays, Summary: "the elements of an array, each once, where it is first",
			Min: 1, Max: 1, Result: armjson.Array, Eval: distinct},
		{Name: "empty", Group: Arrays, Summary: "whether an array, object or text has nothing in it; null has not",
			Min: 1, Max: 1, Result: armjson.Bool, Unknowns: NeedsShape, Eval: empty},
		{Name: "first", Group: Arrays, Summary: "the first element or character; null for an empty array",
			Min: 1, Max: 1, Unknowns: NeedsShape, Passes: true,
			Eval: endOf(func(l []*armjson.Node) *armjson.Node { return l[0] }, utf8.DecodeRuneInString)},
		{Name: "flatten", Group: Arrays, Summary: "the elements of the arrays in an array; goes one level down",
			Min: 1, Max: 1, Result: armjson.Array, Unknowns: NeedsShape, Eval: flatten},
		{Name: "indexFromEnd", Group: Arrays, Summary: "an element, counted from the end; the last one is 1",
			Min: 2, Max: 2, Unknowns: NeedsShape, Passes: true, Eval: indexFromEnd},
		{Name: "indexOf", Group: Arrays,
			Summary: "where a text or array has a part or element first, or -1; texts ignore case",
			Min:     2, Max: 2, Result: armjson.Number, Unknowns: NeedsNone, Eval: indexOf},
		{Name: "intersection", Group: Arrays, Summary: "what arrays, or objects, have in common", Min: 2, Max: -1,
			Unknowns: NeedsNone, Eval: intersection},
		{Name: "last", Group: Arrays, Summary: "the last element or character; null for an empty array", Min: 1, Max: 1,
			Unknowns: NeedsShape, Passes: true,
			Eval: endOf(func(l []*armjson.Node) *armjson.Node { return l[len(l)-1] }, utf8.DecodeLastRuneInString)},
		{Name: "lastIndexOf", Group: Arrays,
			Summary: "where a text or array has a part or element last, or -1; texts ignore case",
			Min:     2, Max: 2, Result: armjson.Number, Unknowns: NeedsNone, Eval: lastIndexOf},
		{Name: "length", Group: Arrays, Summary: "how many elements, properties or UTF-16 units there are",
			Min: 1, Max: 1, Result: armjson.Number, Unknowns: NeedsShape, Eval: length},
		{Name: "range", Group: Arrays, Summary: "an array of whole numbers: the first one and how many, up to 10,000",
			Min: 2, Max: 2, Result: armjson.Array, Eval: rangeOf},
		{Name: "skip", Group: Arrays, Summary: "what is behind a number of elements or characters; takes any number",
			Min: 2, Max: 2, Unknowns: NeedsNone, Eval: partOf(false)},
		{Name: "take", Group: Arrays, Summary: "the first elements or characters, as many as there are", Min: 2, Max: 2,
			Unknowns: NeedsNone, Eval: partOf(true)},
		{Name: "tryIndexFromEnd", Group: Arrays, Min: 2, Max: -1, Unknowns: NeedsNone, Passes: true,
			Eval:    tryIndexFromEnd,
			Summary: "an element, counted from the end, and what further names and indexes lead to in it; null if there is no such"},
		{Name: "union", Group: Arrays,
			Summary: "all elements of arrays, or objects merged deeply; later values win, arrays are replaced",
			Min:     2, Max: -1, Unknowns: NeedsNone, Eval: union},
	}
}

func toArray(a *Args) (*armjson.Node, error) {
	switch v := a.Values[0]; kindOf(v) {
	case armjson.Array:
		return v, nil
	case 0:
		return a.Unknown(v), nil // it may be an array already
	default:
		return armjson.NewArray([]*armjson.Node{v}), nil
	}
}

func empty(a *Args) (*armjson.Node, error) {
	switch v := a.Values[0]; v.Kind {
	case armjson.Null, armjson.String, armjson.Array, armjson.Object:
		return armjson.NewBool(len(v.Text)+len(v.Items)+len(v.Members) == 0), nil
	default:
		return nil, a.Wants(0, "a string, an array or an object")
	}
}

func length(a *Args) (*armjson.Node, error) {
	v := a.Values[0]
	switch v.Kind {
	case armjson.String:
		if err := a.work(v.Weight()); err != nil {
			return nil, err
		}
		return armjson.NewInt(int64(unitCount(v.Text))), nil
	case armjson.Array, armjson.Object:
		return armjson.NewInt(int64(len(v.Items) + len(v.Members))), nil
	default:
		return nil, a.Wants(0, "a string, an array or an object")
	}
}

// unitCount is len(units(s)).
func unitCount(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// endOf makes first and last: they take an element or a character. An empty text has the empty text.
func endOf(item func([]*armjson.Node) *armjson.Node, char func(string) (rune, int)) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		switch v := a.Values[0]; {
		case v.Kind == armjson.Array && len(v.Items) == 0:
			return armjson.NewNull(), nil
		case v.Kind == armjson.Array:
			return item(v.Items), nil
		case v.Kind == armjson.String && v.Text == "":
			return v, nil
		case v.Kind == armjson.String:
			r, _ := char(v.Text)
			if utf16.RuneLen(r) > 1 {
				r = unicode.ReplacementChar // half of a character, as the service cuts it
			}
			return armjson.NewString(string(r)), nil
		default:
			return nil, a.Wants(0, "a string or an array")
		}
	}
}

// partOf makes skip and take, which divide an array or a text behind n elements or characters; n is brought into its
// bounds. The service forgives here what it does not forgive substring.
func partOf(take bool) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		v := a.Values[0]
		if v.Kind == armjson.Unknown || a.Values[1].Kind == armjson.Unknown {
			return a.unknownOf(kindOf(v), a.Values...), nil
		}
		n, err := a.Int(1)
		if err != nil {
			return nil, err
		}
		switch v.Kind {
		case armjson.Array:
			at := int(min(max(n, 0), int64(len(v.Items))))
			if take {
				return armjson.NewArray(v.Items[:at:at]), nil
			}
			return armjson.NewArray(v.Items[at:]), nil
		case armjson.String:
			head, tail := cutUnits(v.Text, int(min(max(n, 0), int64(len(v.Text)))))
			if take {
				tail = head
			}
			return armjson.NewString(tail), a.work(int64(len(head)))
		default:
			return nil, a.Wants(0, "a string or an array")
		}
	}
}

// cutUnits divides a text behind n UTF-16 units, or at its end. A character that is cut apart leaves a replacement
// character on both sides.
func cutUnits(s string, n int) (head, tail string) {
	for i, r := range s {
		switch {
		case n == 0:
			return s[:i], s[i:]
		case n < utf16.RuneLen(r):
			const half = string(unicode.ReplacementChar)
			return s[:i] + half, half + s[i+utf8.RuneLen(r):]
		}
		n -= utf16.RuneLen(r)
	}
	return s, ""
}

func flatten(a *Args) (*armjson.Node, error) {
	lists, err := a.Array(0)
	if err != nil {
		return nil, err
	}
	flat := gathering{a: a}
	for i, list := range lists {
		switch list.Kind {
		case armjson.Unknown:
			return a.Unknown(list), nil
		case armjson.Array:
		default:
			return nil, a.Fail(0, "element %d of the array is %s; flatten takes an array of arrays", i, list.Kind)
		}
		for _, item := range list.Items {
			if err := flat.add(item); err != nil {
				return nil, err
			}
		}
	}
	return flat.array(), nil
}

func indexFromEnd(a *Args) (*armjson.Node, error) {
	items, err := a.Array(0)
	if err != nil {
		return nil, err
	}
	n, err := a.Int(1)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > int64(len(items)) {
		return nil, a.Fail(1, "index %d from the end is outside of an array of %d; the last element is 1", n,
			len(items))
	}
	return items[len(items)-int(n)], nil
}

const (
	maxRange    = 10_000
	maxRangeEnd = 1<<31 - 1
)

// rangeOf takes a start and a count, not an end.
func rangeOf(a *Args) (*armjson.Node, error) {
	start, err := a.Int(0)
	if err != nil {
		return nil, err
	}
	n, err := a.Int(1)
	if err != nil {
		return nil, err
	}
	switch {
	case n < 0 || n > maxRange:
		return nil, a.Fail(1, "range makes 0 to %d elements, not %d", maxRange, n)
	case start > maxRangeEnd-n:
		return nil, a.Fail(0, "range ends beyond %d", maxRangeEnd)
	}
	if err := a.charge(int(n)); err != nil {
		return nil, err
	}
	items := make([]*armjson.Node, n)
	for i := range items {
		items[i] = armjson.NewInt(start + int64(i))
	}
	return armjson.NewArray(items), a.work(n * nodeBytes)
}
