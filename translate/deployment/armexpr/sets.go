package armexpr

import (
	"hash/maphash"
	"slices"

	"github.com/ingot-build/ingot/translate/armjson"
)

// nodeSet holds values by their digest. Comparing all pairs of two long arrays would take hours.
type nodeSet map[uint64][]*armjson.Node

func (s nodeSet) has(digest uint64, v *armjson.Node) bool {
	return slices.ContainsFunc(s[digest], func(other *armjson.Node) bool { return Equal(v, other) })
}

// add reports whether v was not there yet.
func (s nodeSet) add(digest uint64, v *armjson.Node) bool {
	if s.has(digest, v) {
		return false
	}
	s[digest] = append(s[digest], v)
	return true
}

// seed differs from run to run, so that no template can hold values that are made to collide. No result depends on it.
var seed = maphash.MakeSeed()

// digest is the same for equal values.
func digest(v *armjson.Node) uint64 {
	type part struct {
		kind armjson.Kind
		a, b uint64
	}
	d := part{kind: v.Kind}
	switch v.Kind {
	case armjson.Bool:
		if v.Bool {
			d.a = 1
		}
	case armjson.Number:
		d.a = maphash.Comparable(seed, decimalOf(v.Text))
	case armjson.String:
		d.a = maphash.String(seed, v.Text)
	case armjson.Array:
		for _, item := range v.Items {
			d.b = digest(item)
			d.a = maphash.Comparable(seed, d)
		}
	case armjson.Object: // a sum, since the order of members does not matter
		for i := range v.Members {
			member := part{armjson.Object, maphash.String(seed, v.Members[i].Key), digest(v.Members[i].Value)}
			d.a += maphash.Comparable(seed, member)
		}
	}
	return maphash.Comparable(seed, d)
}

// alike checks that all arguments that are known are arrays, or all are objects. The kind is 0 when none is known.
func (a *Args) alike() (kind armjson.Kind, err error) {
	for i, v := range a.Values {
		switch k := kindOf(v); {
		case k == 0:
		case k != armjson.Array && k != armjson.Object:
			return 0, a.Fail(i, "%s takes arrays or objects, not %s", a.f.Name, k)
		case kind != 0 && k != kind:
			return 0, a.Fail(i, "%s takes arrays only or objects only, not %s with %s", a.f.Name, kind, k)
		default:
			kind = k
		}
		if err := a.work(digestCost * v.Weight()); err != nil {
			return 0, err
		}
	}
	return kind, nil
}

// pending finds an argument that makes the result of a set function unknown as a whole: one that is not known itself,
// or an array with an unknown element, which may equal others.
func (a *Args) pending() *armjson.Node {
	for _, v := range a.Values {
		if v.Kind == armjson.Unknown || v.Kind == armjson.Array && v.HasUnknown() {
			return v
		}
	}
	return nil
}

// unknownOf is Unknown with the JSON type of the result, where the function has more than one.
func (a *Args) unknownOf(kind armjson.Kind, causes ...*armjson.Node) *armjson.Node {
	return unknownFrom(kind, callForm(a.f.Name, a.Values), causes...)
}

// union joins arrays without duplicates, in the order of their first occurrence, or merges objects deeply.
func union(a *Args) (*armjson.Node, error) {
	kind, err := a.alike()
	if err != nil {
		return nil, err
	}
	if v := a.pending(); v != nil {
		return a.unknownOf(kind, v), nil
	}
	if kind == armjson.Object {
		merged := a.Values[0]
		for _, next := range a.Values[1:] {
			if merged, err = a.merge(merged, next); err != nil {
				return nil, err
			}
		}
		return merged, nil
	}
	lists := make([][]*armjson.Node, len(a.Values))
	for i, v := range a.Values {
		lists[i] = v.Items
	}
	return a.withoutDuplicates(lists...)
}

// distinct gives the elements of an array as union would.
func distinct(a *Args) (*armjson.Node, error) {
	list, err := a.Array(0)
	if err != nil {
		return nil, err
	}
	if err := a.work(digestCost * a.Values[0].Weight()); err != nil {
		return nil, err
	}
	return a.withoutDuplicates(list)
}

// withoutDuplicates joins arrays: of equal elements it keeps the first.
func (a *Args) withoutDuplicates(lists ...[]*armjson.Node) (*armjson.Node, error) {
	all, seen := gathering{a: a}, nodeSet{}
	for _, list := range lists {
		for _, item := range list {
			if !seen.add(digest(item), item) {
				continue
			}
			if err := all.add(item); err != nil {
				return nil, err
			}
		}
	}
	return all.array(), nil
}

// merge puts the members of next into those of base: the later value wins, null too, but two objects merge in turn.
// Names ignore case, unless there is one with the exact spelling; the first spelling stays.
func (a *Args) merge(base, next *armjson.Node) (*armjson.Node, error) {
	merged := newMembers(a)
	for _, m := range base.Members {
		if err := merged.put(m.Key, m.Value); err != nil {
			return nil, err
		}
	}
	for _, m := range next.Members {
		i := merged.find(m.Key)
		if i < 0 {
			if err := merged.put(m.Key, m.Value); err != nil {
				return nil, err
			}
			continue
		}
		v, err := a.mergeValue(merged.list[i].Value, m.Value)
		if err != nil {
			return nil, err
		}
		if err := merged.set(i, v); err != nil {
			return nil, err
		}
	}
	return merged.object(), a.work(base.Weight() + next.Weight())
}

// mergeValue merges two values of one name. An unknown one may be an object, and then the two would merge.
func (a *Args) mergeValue(old, later *armjson.Node) (*armjson.Node, error) {
	mayMerge := func(v *armjson.Node) bool { return kindOf(v) == armjson.Object || kindOf(v) == 0 }
	switch {
	case !mayMerge(old) || !mayMerge(later):
		return later, nil
	case old.Kind == armjson.Object && later.Kind == armjson.Object:
		return a.merge(old, later)
	}
	kind := kindOf(later)
	if kindOf(old) != kind {
		kind = 0
	}
	return unknownFrom(kind, callForm(a.f.Name, []*armjson.Node{old, later}), later, old), nil
}

// intersection keeps the elements of the first array that all others have, once each, or the members of the first
// object that all others have with an equal value.
func intersection(a *Args) (*armjson.Node, error) {
	kind, err := a.alike()
	if err != nil {
		return nil, err
	}
	if v := a.pending(); v != nil {
		return a.unknownOf(kind, v), nil
	}
	if kind == armjson.Object {
		return a.commonMembers()
	}
	others := make([]nodeSet, a.Len()-1)
	for i, list := range a.Values[1:] {
		if err := a.charge(len(list.Items)); err != nil {
			return nil, err
		}
		others[i] = nodeSet{}
		for _, item := range list.Items {
			others[i].add(digest(item), item)
		}
	}
	common, seen := gathering{a: a}, nodeSet{}
	for _, item := range a.Values[0].Items {
		d := digest(item)
		missing := func(other nodeSet) bool { return !other.has(d, item) }
		if !seen.add(d, item) || slices.ContainsFunc(others, missing) {
			continue
		}
		if err := common.add(item); err != nil {
			return nil, err
		}
	}
	return common.array(), nil
}

func (a *Args) commonMembers() (*armjson.Node, error) {
	others := make([]*members, a.Len()-1)
	for i, object := range a.Values[1:] {
		others[i] = newMembers(a)
		for _, m := range object.Members {
			if err := others[i].put(m.Key, m.Value); err != nil {
				return nil, err
			}
		}
	}
	common := newMembers(a)
	for _, m := range a.Values[0].Members {
		shared := yes
		for i := 0; i < len(others) && shared != no; i++ {
			at := others[i].find(m.Key)
			if at < 0 {
				shared = no
				break
			}
			shared = min(shared, same(m.Value, others[i].list[at].Value))
		}
		switch shared {
		case maybe:
			return a.unknownOf(armjson.Object, a.Values...), nil
		case yes:
			if err := common.put(m.Key, m.Value); err != nil {
				return nil, err
			}
		}
	}
	return common.object(), nil
}
