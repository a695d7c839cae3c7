package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

// An Expr is one node of a parsed expression. The set of types is closed.
type Expr interface {
	Span() Span
	expr()
}

// Text is a text in single quotes.
type Text struct {
	Value string
	Place Span
	node  *armjson.Node // the value of it, made once: a loop evaluates it again and again
}

// Number is a number as written: a whole one fits 64 bits.
type Number struct {
	Text  string
	Place Span
	node  *armjson.Node
}

// Call is a function call; Namespace is set for functions that the template defines itself.
type Call struct {
	Namespace, Name string
	NamePlace       Span // of name and namespace
	Args            []Expr
	Place           Span
}

// Property is target.name.
type Property struct {
	Target    Expr
	Name      string
	NamePlace Span
}

// Index is target[key].
type Index struct {
	Target, Key Expr
	Place       Span
}

// Span returns the place of the expression.
func (e *Text) Span() Span { return e.Place }

// Span returns the place of the expression.
func (e *Number) Span() Span { return e.Place }

// Span returns the place of the expression.
func (e *Call) Span() Span { return e.Place }

// Span returns the place of the expression.
func (e *Property) Span() Span { return Span{e.Target.Span().From, e.NamePlace.To} }

// Span returns the place of the expression.
func (e *Index) Span() Span { return e.Place }

func (*Text) expr()     {}
func (*Number) expr()   {}
func (*Call) expr()     {}
func (*Property) expr() {}
func (*Index) expr()    {}
