package deployment

import (
	"github.com/ingot-build/ingot/translate/armjson"
)

// members are the properties of an object in the making: a later one replaces an earlier one of the same name.
type members struct {
	list  []armjson.Member
	index map[string]int // once there are many
}

func (o *members) set(m armjson.Member) {
	const few = 16
	switch i := o.find(m.Key); {
	case i >= 0:
		o.list[i] = m
	default:
		o.list = append(o.list, m)
		if o.index != nil {
			o.index[m.Key] = len(o.list) - 1
		} else if len(o.list) > few {
			o.index = make(map[string]int, 2*len(o.list))
			for i := range o.list {
				o.index[o.list[i].Key] = i
			}
		}
	}
}

func (o *members) find(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.list {
		if o.list[i].Key == key {
			return i
		}
	}
	return -1
}

// withoutNulls drops the members that are null, at every level: in a resource they count as absent.
func (x *expansion) withoutNulls(n *armjson.Node) *armjson.Node {
	if len(n.Items) == 0 && len(n.Members) == 0 {
		return n
	}
	if full := x.full[n]; full != nil {
		return full
	}
	full, items, kept := n, n.Items, n.Members
	for i, item := range n.Items {
		if v := x.withoutNulls(item); v != item {
			if full == n {
				items = append([]*armjson.Node(nil), n.Items...)
				full = nil
			}
			items[i] = v
		}
	}
	for i := range n.Members {
		m := n.Members[i]
		v := x.withoutNulls(m.Value)
		if full == n && (v != m.Value || v.Kind == armjson.Null) {
			kept = append([]armjson.Member(nil), n.Members[:i]...)
			full = nil
		}
		if full == nil && v.Kind != armjson.Null {
			kept = append(kept, armjson.Member{Key: m.Key, KeyRange: m.KeyRange, Value: v, Unknown: m.Unknown})
		}
	}
	switch {
	case full != nil:
	case n.Kind == armjson.Array:
		full = n.WithItems(items)
	default:
		full = n.WithMembers(kept)
	}
	x.full[n] = full
	return full
}
