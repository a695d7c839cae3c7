// Package armjson reads JSON the way Azure reads it and keeps the place of everything in it.
//
// Azure takes more than RFC 8259: a byte order mark, // and /* */ comments, a comma before a closing bracket, strings that
// run over several lines. All of these are read here too, with one warning a kind, since other tools that read the same
// file may not be so kind. The result is a tree in file order, with a range for every node and key, which is what no JSON
// library of Go keeps; it is also what every later message of Ingot points at.
//
// A syntax error is reported where it probably is, and mended: one missing comma, bracket or quote gives one finding, and
// what comes after it is read. parse.go holds the grammar, which knows nothing of mistakes but where to ask; mend.go and
// its neighbours hold what is done about them. Where two readings are possible, balance.go tells behind which the rest of
// the text fits.
//
// Parse does not know what the document is about. translate/deployment takes it from here.
package armjson

import (
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// Kind is the JSON type of a node.
type Kind uint8

// The kinds. The zero Kind is invalid.
const (
	_ Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
	// Unknown is no kind of JSON: a value that cannot be known before the deployment. Parse makes none.
	Unknown
)

// String gives the kind with its article, ready for a message: "an object".
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case Array:
		return "an array"
	case Object:
		return "an object"
	case Unknown:
		return "a value that is not known before the deployment"
	default:
		panic("armjson: node without a kind")
	}
}

// Node is one value: of a document, or made from one by evaluation. It is not changed once it is made, since values share
// what is inside them.
type Node struct {
	Range   diag.Range // where it is written; the zero Range for what an evaluation made
	Text    string     // String: the decoded text; Number: as written
	Items   []*Node    // Array: the elements
	Members []Member   // Object: in file order, keys distinct
	Unknown *Missing   // Unknown: why
	Kind    Kind
	Bool    bool // Bool: the value

	plain    bool  // the decoded text is the written text, on one line: places inside can be told
	unknowns bool  // there is an Unknown at or below this node
	depth    int32 // levels below this node
	weight   int64 // Weight, for Array and Object
}

// Member is one property of an object.
type Member struct {
	Key      string
	KeyRange diag.Range // with the quotes
	Value    *Node
	Unknown  *Missing // why the name is not known; Key is then the expression that gives it, in brackets
}

// Member finds a property by its name. The exact spelling wins; else the first name that differs only by case. The
// result is nil when n is not an object or has no such property.
func (n *Node) Member(name string) *Member {
	if n == nil || n.Kind != Object {
		return nil
	}
	var loose *Member
	for i := range n.Members {
		switch m := &n.Members[i]; {
		case m.Key == name:
			return m
		case loose == nil && strings.EqualFold(m.Key, name):
			loose = m
		}
	}
	return loose
}

// Get returns the value of a property found as Member finds it, or nil.
func (n *Node) Get(name string) *Node {
	if m := n.Member(name); m != nil {
		return m.Value
	}
	return nil
}

// IsNull reports whether n is absent or the JSON null; Azure treats the two alike in resources.
func (n *Node) IsNull() bool { return n == nil || n.Kind == Null }

// Missing says why a value cannot be known, and what there is of it.
type Missing struct {
	Kind Kind       // the JSON type it will have; 0 when that is not known either
	Form string     // the expression that gives it, evaluated as far as it can be, without brackets: reference('…').x
	Why  string     // one clause: "reference() asks for the state of a deployed resource"
	Fix  string     // what would supply it: "add --location westeurope"; "" when nothing can
	At   diag.Range // of the cause, where it has a place
}

// TextRange gives the place of Text[from:to] inside a string node (byte offsets). When the text was written with escapes or
// over several lines it gives the place of the whole string.
func (n *Node) TextRange(from, to int) diag.Range {
	if !n.plain || from < 0 || to < from || to > len(n.Text) {
		return n.Range
	}
	at := func(offset int) diag.Pos {
		p := n.Range.Start
		p.Column += 1 + utf8.RuneCountInString(n.Text[:offset])
		p.Byte += 1 + offset
		return p
	}
	return diag.Range{File: n.Range.File, Start: at(from), End: at(to)}
}

// At returns a copy of n that says it was written at r. What is inside n keeps its places.
func (n *Node) At(r diag.Range) *Node {
	c := *n
	c.Range, c.plain = r, c.plain && r == n.Range
	return &c
}

// PlacedAt returns n as it was written at r, and so everything inside it that has no place of its own: what an evaluation
// made.
func (n *Node) PlacedAt(r diag.Range) *Node {
	c := n.At(r)
	if !n.Range.IsZero() || len(n.Items) == 0 && len(n.Members) == 0 {
		return c
	}
	place := func(child *Node) *Node {
		if child.Range.IsZero() {
			return child.PlacedAt(r)
		}
		return child
	}
	c.Items = make([]*Node, len(n.Items))
	for i, item := range n.Items {
		c.Items[i] = place(item)
	}
	c.Members = make([]Member, len(n.Members))
	for i, m := range n.Members {
		if m.Value = place(m.Value); m.KeyRange.IsZero() {
			m.KeyRange = r
		}
		c.Members[i] = m
	}
	return c
}

// AllAt returns a deep copy of n in which everything says it was written at r: for values that have no place in any file.
func (n *Node) AllAt(r diag.Range) *Node {
	c := n.At(r)
	c.Items = make([]*Node, len(n.Items))
	for i, item := range n.Items {
		c.Items[i] = item.AllAt(r)
	}
	c.Members = make([]Member, len(n.Members))
	for i, m := range n.Members {
		c.Members[i] = Member{Key: m.Key, KeyRange: r, Value: m.Value.AllAt(r)}
	}
	return c
}
