package armexpr

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

func objectFunctions() []Function {
	return []Function{
		{Name: "createObject", Group: Objects, Summary: "an object of names and values in turn", Max: -1,
			Result: armjson.Object, Unknowns: NeedsNone, Eval: createObject},
		{Name: "items", Group: Objects,
			Summary: "an array of {key, value} for the properties, sorted by name without regard to case",
			Min:     1, Max: 1, Result: armjson.Array, Unknowns: NeedsShape, Eval: items},
		{Name: "null", Group: Objects, Summary: "the value null", Result: armjson.Null,
			Eval: constant(armjson.NewNull())},
		{Name: "objectKeys", Group: Objects, Summary: "the names of the properties, sorted without regard to case",
			Min: 1, Max: 1, Result: armjson.Array, Unknowns: NeedsShape, Eval: objectKeys},
		{Name: "shallowMerge", Group: Objects,
			Summary: "one object of those in an array; the last value of a name wins as a whole",
			Min:     1, Max: 1, Result: armjson.Object, Unknowns: NeedsShape, Eval: shallowMerge},
		{Name: "tryGet", Group: Objects,
			Summary: "what names and indexes lead to in a value, or null if there is no such", Min: 2,
			Max: -1, Unknowns: NeedsNone, Passes: true, Eval: tryGet},
	}
}

// createObject takes names and values in turn. When a name occurs twice the later value counts, at the place of the
// first.
func createObject(a *Args) (*armjson.Node, error) {
	if a.Len()%2 != 0 {
		return nil, a.Fail(a.Len()-1, "createObject takes names and values in turn; the last one has no value")
	}
	made := newMembers(a)
	for i := 0; i < a.Len(); i += 2 {
		if a.Values[i].Kind == armjson.Unknown {
			return a.Unknown(a.Values[i]), nil
		}
		name, err := a.Text(i)
		if err != nil {
			return nil, err
		}
		if err := made.put(name, a.Values[i+1]); err != nil {
			return nil, err
		}
	}
	return made.object(), nil
}

// sorted returns the members of argument 0, an object, by name without regard to case. Names that differ in case only
// keep their order.
func (a *Args) sorted() ([]armjson.Member, error) {
	object, err := a.Object(0)
	if err != nil {
		return nil, err
	}
	if err := a.work(nodeBytes*int64(len(object.Members)) + foldingCost*keyBytes(object)); err != nil {
		return nil, err
	}
	type named struct {
		folded string
		member armjson.Member
	}
	list := make([]named, len(object.Members))
	for i, m := range object.Members {
		list[i] = named{foldCase(m.Key), m}
	}
	slices.SortStableFunc(list, func(x, y named) int { return strings.Compare(x.folded, y.folded) })
	members := make([]armjson.Member, len(list))
	for i, n := range list {
		members[i] = n.member
	}
	return members, nil
}

// keyBytes is how long the names of an object are in all.
func keyBytes(object *armjson.Node) (n int64) {
	for i := range object.Members {
		n += int64(len(object.Members[i].Key))
	}
	return n
}

func items(a *Args) (*armjson.Node, error) {
	sorted, err := a.sorted()
	if err != nil {
		return nil, err
	}
	list := gathering{a: a}
	for _, m := range sorted {
		item := armjson.NewObject([]armjson.Member{{Key: "key", Value: armjson.NewString(m.Key)},
			{Key: "value", Value: m.Value}})
		if err := list.add(item); err != nil {
			return nil, err
		}
		if err := a.charge(2); err != nil { // the object and its key
			return nil, err
		}
	}
	return list.array(), nil
}

func objectKeys(a *Args) (*armjson.Node, error) {
	sorted, err := a.sorted()
	if err != nil {
		return nil, err
	}
	list := gathering{a: a}
	for _, m := range sorted {
		if err := list.add(armjson.NewString(m.Key)); err != nil {
			return nil, err
		}
	}
	return list.array(), nil
}

// shallowMerge does not look into the values; names ignore case, the first spelling stays.
func shallowMerge(a *Args) (*armjson.Node, error) {
	objects, err := a.Array(0)
	if err != nil {
		return nil, err
	}
	merged := newMembers(a)
	for i, object := range objects {
		switch object.Kind {
		case armjson.Unknown:
			return a.Unknown(object), nil
		case armjson.Object:
		default:
			return nil, a.Fail(0, "element %d of the array is %s; shallowMerge takes an array of objects", i,
				object.Kind)
		}
		if err := a.work(nodeBytes*int64(len(object.Members)) + foldingCost*keyBytes(object)); err != nil {
			return nil, err
		}
		for _, m := range object.Members {
			if at := merged.find(m.Key); at >= 0 {
				err = merged.set(at, m.Value)
			} else {
				err = merged.put(m.Key, m.Value)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return merged.object(), nil
}

// tryGet goes from value to value; a step that is missing gives null, and so does a value that has no such steps at
// all.
func tryGet(a *Args) (*armjson.Node, error) { return a.follow(a.Values[0], 1) }

// tryIndexFromEnd is tryGet with a first step counted from the end.
func tryIndexFromEnd(a *Args) (*armjson.Node, error) {
	in, at := a.Values[0], a.Values[1]
	if in.Kind == armjson.Unknown || at.Kind == armjson.Unknown {
		return a.Unknown(in, at), nil
	}
	if at.Kind != armjson.Number && at.Kind != armjson.String {
		return nil, a.Wants(1, "a whole number")
	}
	v := indexed(in, at.Text, true)
	if v == nil || at.Kind == armjson.String {
		return armjson.NewNull(), nil
	}
	return a.follow(v, 2)
}

// follow goes the steps that the arguments from i on name.
func (a *Args) follow(v *armjson.Node, i int) (*armjson.Node, error) {
	for ; i < a.Len(); i++ {
		step := a.Values[i]
		fromEnd := false
		if step.Kind == armjson.Object {
			step, fromEnd = longStep(step)
		}
		switch {
		case v.Kind == armjson.Null:
			return v, nil
		case v.Kind == armjson.Unknown || step != nil && step.Kind == armjson.Unknown:
			return a.Unknown(v, step), nil
		case step == nil || step.Kind != armjson.String && step.Kind != armjson.Number:
			return nil, a.Wants(i, "the name of a property or an index")
		case step.Kind == armjson.Number:
			v = indexed(v, step.Text, fromEnd)
		case v.Kind == armjson.Object:
			a.Env.Budget.Spend(int64(len(v.Members) / membersPerStep))
			v = v.Get(step.Text)
		default:
			v = nil
		}
		if v == nil {
			return armjson.NewNull(), nil
		}
	}
	return v, nil
}

// longStep reads a step that is written as an object: {"value": 2, "fromEnd": true} is how Bicep writes [^2].
func longStep(step *armjson.Node) (value *armjson.Node, fromEnd bool) {
	end := step.Get("fromEnd")
	return step.Get("value"), end != nil && end.Kind == armjson.Bool && end.Bool
}

// indexed gives an element of an array; nil if v is none or has no such element.
func indexed(v *armjson.Node, index string, fromEnd bool) *armjson.Node {
	if v.Kind != armjson.Array || index == "" || index[0] == '-' || len(index) > 9 {
		return nil
	}
	i := 0
	for _, digit := range []byte(index) {
		if digit < '0' || digit > '9' {
			return nil
		}
		i = 10*i + int(digit-'0')
	}
	if fromEnd {
		i = len(v.Items) - i
	}
	if i < 0 || i >= len(v.Items) {
		return nil
	}
	return v.Items[i]
}
