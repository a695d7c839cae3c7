package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

// answer is what can be said of values that are not known in all their parts.
type answer int

const (
	no answer = iota
	maybe
	yes
)

// Equal compares two values as the service does: types must agree, texts and keys respect case, the order of keys does
// not matter, numbers compare by value. Values that are not known are equal to nothing.
func Equal(a, b *armjson.Node) bool { return same(a, b) == yes }

// same is Equal for values with unknown parts: maybe when the known ones do not decide.
func same(a, b *armjson.Node) answer {
	if a.Kind == armjson.Unknown || b.Kind == armjson.Unknown {
		if ka, kb := kindOf(a), kindOf(b); ka != 0 && kb != 0 && ka != kb {
			return no
		}
		return maybe
	}
	if a.Kind != b.Kind {
		return no
	}
	if a == b && !a.HasUnknown() {
		return yes
	}
	equal := true
	switch a.Kind {
	case armjson.Null:
	case armjson.Bool:
		equal = a.Bool == b.Bool
	case armjson.Number:
		equal = compareNumbers(a.Text, b.Text) == 0
	case armjson.String:
		equal = a.Text == b.Text
	case armjson.Array:
		return sameItems(a.Items, b.Items)
	case armjson.Object:
		return sameMembers(a, b)
	default:
		panic("armexpr: value without a kind")
	}
	if equal {
		return yes
	}
	return no
}

func sameItems(a, b []*armjson.Node) answer {
	if len(a) != len(b) {
		return no
	}
	all := yes
	for i := range a {
		if all = min(all, same(a[i], b[i])); all == no {
			return no
		}
	}
	return all
}

func sameMembers(a, b *armjson.Node) answer {
	if len(a.Members) != len(b.Members) {
		return no
	}
	all := yes
	find := exactFinder(b)
	for i := range a.Members {
		other := find(a.Members[i].Key)
		if other == nil {
			return no
		}
		if all = min(all, same(a.Members[i].Value, other)); all == no {
			return no
		}
	}
	return all
}

// exactFinder looks members of an object up by their exact name; large objects get an index.
func exactFinder(n *armjson.Node) func(key string) *armjson.Node {
	const few = 16
	if len(n.Members) <= few {
		return func(key string) *armjson.Node {
			for i := range n.Members {
				if n.Members[i].Key == key {
					return n.Members[i].Value
				}
			}
			return nil
		}
	}
	index := make(map[string]*armjson.Node, len(n.Members))
	for i := range n.Members {
		index[n.Members[i].Key] = n.Members[i].Value
	}
	return func(key string) *armjson.Node { return index[key] }
}

// kindOf is the JSON type that a value has or will have; 0 when that is not known.
func kindOf(n *armjson.Node) armjson.Kind {
	if n.Kind == armjson.Unknown {
		return n.Unknown.Kind
	}
	return n.Kind
}
