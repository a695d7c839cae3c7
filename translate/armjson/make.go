package armjson

import "strconv"

// NewNull makes a null.
func NewNull() *Node { return &Node{Kind: Null} }

// NewBool makes a boolean.
func NewBool(b bool) *Node { return &Node{Kind: Bool, Bool: b} }

// NewString makes a text.
func NewString(s string) *Node { return &Node{Kind: String, Text: s} }

// NewInt makes a whole number.
func NewInt(i int64) *Node { return &Node{Kind: Number, Text: strconv.FormatInt(i, 10)} }

// NewArray makes an array of the given elements, which it keeps.
func NewArray(items []*Node) *Node { return (&Node{Kind: Array, Items: items}).seal() }

// NewObject makes an object of the given members, which it keeps. Their keys must be distinct.
func NewObject(members []Member) *Node { return (&Node{Kind: Object, Members: members}).seal() }

// NewUnknown makes a value that is not known before the deployment.
func NewUnknown(m Missing) *Node { return &Node{Kind: Unknown, Unknown: &m, unknowns: true} }

// WithItems returns a copy of an array with other elements, at the same place.
func (n *Node) WithItems(items []*Node) *Node {
	c := *n
	c.Items = items
	return c.seal()
}

// WithMembers returns a copy of an object with other members, at the same place.
func (n *Node) WithMembers(members []Member) *Node {
	c := *n
	c.Members = members
	return c.seal()
}

// seal works out what a node knows of all that is inside it, from its children, which are sealed already. It returns n.
func (n *Node) seal() *Node {
	n.weight, n.depth, n.unknowns = 2, 0, false
	add := func(child *Node) {
		n.weight += child.Weight() + 1
		n.depth = max(n.depth, child.depth+1)
		n.unknowns = n.unknowns || child.unknowns
	}
	for _, item := range n.Items {
		add(item)
	}
	for i := range n.Members {
		add(n.Members[i].Value)
		n.unknowns = n.unknowns || n.Members[i].Unknown != nil
		n.weight += int64(len(n.Members[i].Key)) + 3
	}
	return n
}

// Weight is about how many bytes n takes written as JSON. Values share what is inside them, so a short template can make a value
// that would fill any memory once it is written or walked over: look at the weight first.
func (n *Node) Weight() int64 {
	switch n.Kind {
	case Array, Object:
		return n.weight
	case Unknown:
		return int64(len(n.Unknown.Form)) + 4
	default:
		return int64(len(n.Text)) + 4
	}
}

// Depth is how many levels of arrays and objects there are below n; 0 for what has nothing inside it.
func (n *Node) Depth() int { return int(n.depth) }

// HasUnknown reports whether n, or anything inside it, names included, is not known before the deployment.
func (n *Node) HasUnknown() bool { return n.unknowns }
