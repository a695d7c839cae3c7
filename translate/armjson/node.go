// Package armjson reads JSON the way Azure reads it and keeps the place of everything in it.
//
// Azure takes more than RFC 8259: a byte order mark, // and /* */ comments, a comma before a closing bracket, strings that run
// over several lines. All of these are read here too, with one warning a kind, since other tools that read the same file
// may not be so kind. The result is a tree in file order, with a range for every node and key, which is what no
// JSON library of Go keeps; it is also what every later message of Ingot points at.
//
// Parse does not know what the document is about. translate/deployment takes it from here.
package armjson

import (
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// Kind is the JSON type of a node.
type Kind int

// The kinds. The zero Kind is invalid.
const (
	_ Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
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
	default:
		panic("armjson: node without a kind")
	}
}

// Node is one value of the document.
type Node struct {
	Kind    Kind
	Range   diag.Range
	Text    string   // String: the decoded text; Number: as written
	Bool    bool     // Bool: the value
	Items   []*Node  // Array: the elements
	Members []Member // Object: in file order, keys distinct

	plain bool // the decoded text is the written text, on one line: places inside can be told
}

// Member is one property of an object.
type Member struct {
	Key      string
	KeyRange diag.Range // with the quotes
	Value    *Node
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
