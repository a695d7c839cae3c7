package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// frame is where an expression stands: the scope it is in, the part of the template, the loops around it.
type frame struct {
	x        *expansion
	s        *scope
	b        *contents // whose resources have the names that reference() takes; nil where there are none
	position armexpr.Position
	loops    *loop
	// in a function of the template: its arguments by name in lower case, instead of parameters
	args     map[string]*armjson.Node
	external func(name string) (*armjson.Node, error)
	env      *armexpr.Env // made when first needed
}

// at is the same frame in another part of the template.
func (f *frame) at(p armexpr.Position) *frame {
	c := *f
	c.position, c.env = p, nil
	return &c
}

// in is the same frame inside one more loop.
func (f *frame) in(l *loop) *frame {
	c := *f
	l.outer = f.loops
	c.loops, c.env = l, nil
	return &c
}

func (f *frame) environment() *armexpr.Env {
	if f.env != nil {
		return f.env
	}
	f.env = &armexpr.Env{Position: f.position, Context: &f.s.context, Budget: f.x.budget,
		Parameter: f.parameter, User: f.s.call, External: f.external}
	seesVariables := f.position != armexpr.InParameterDefault
	if f.args != nil {
		seesVariables = f.s.functionsSeeVariables()
	}
	if seesVariables {
		f.env.Variable = f.s.variable
	}
	if f.loops != nil {
		f.env.CopyIndex = f.loops.index
	}
	if f.b != nil {
		f.env.Reference, f.env.References = f.b.reference, f.b.references
	}
	return f.env
}

// value evaluates a node with everything in it. When something in it cannot be had, that has been reported and the
// error is errReported; the other parts have been evaluated all the same, so that their findings show too.
func (f *frame) value(n *armjson.Node) (*armjson.Node, error) {
	switch {
	case f.x.stopped:
		return nil, errReported
	case f.x.isStill(n):
		return n, nil
	}
	switch n.Kind {
	case armjson.String:
		return f.text(n)
	case armjson.Array:
		return f.array(n)
	case armjson.Object:
		return f.object(n)
	default:
		return n, nil
	}
}

// isStill reports whether a value is the same after its evaluation.
func (x *expansion) isStill(n *armjson.Node) bool {
	switch n.Kind {
	case armjson.String:
		return len(n.Text) == 0 || n.Text[0] != '['
	case armjson.Array, armjson.Object:
	default:
		return true
	}
	still, known := x.still[n]
	if known {
		return still
	}
	still = true
	for _, item := range n.Items {
		still = x.isStill(item) && still
	}
	for i := range n.Members {
		m := &n.Members[i]
		still = x.isStill(m.Value) && !strings.HasPrefix(m.Key, "[") && !isLoops(m) && still
	}
	x.still[n] = still
	return still
}

const (
	// textBytes and treeBytes are about what a text, and an array or object, take in memory however little is in them.
	textBytes = 200
	treeBytes = 320
	// copiedBytes is about what copying a value takes for each byte of its JSON.
	copiedBytes = 4
)

// admit counts an array or object that was made against the budget.
func (x *expansion) admit(v *armjson.Node) (*armjson.Node, error) {
	if err := x.budget.Step(); err != nil {
		return nil, x.overBudget(v.Range, err)
	}
	if err := x.budget.Charge(treeBytes); err != nil {
		return nil, x.overBudget(v.Range, err)
	}
	if err := x.budget.Admit(v); err != nil {
		return nil, x.overBudget(v.Range, err)
	}
	return v, nil
}

func (f *frame) array(n *armjson.Node) (*armjson.Node, error) {
	items := make([]*armjson.Node, 0, len(n.Items))
	var failed error
	for _, item := range n.Items {
		v, err := f.value(item)
		if err != nil {
			failed = err
			continue
		}
		items = append(items, v)
	}
	if failed != nil {
		return nil, failed
	}
	return f.x.admit(n.WithItems(items))
}

func (f *frame) object(n *armjson.Node) (*armjson.Node, error) {
	members := members{list: make([]armjson.Member, 0, len(n.Members))}
	var failed error
	for i := range n.Members {
		m := &n.Members[i]
		if isLoops(m) && f.position != armexpr.InParameterDefault {
			if err := f.propertyLoops(m, &members); err != nil {
				failed = err
			}
			continue
		}
		v, err := f.member(m)
		if err != nil {
			failed = err
			continue
		}
		members.set(v)
	}
	if failed != nil {
		return nil, failed
	}
	return f.x.admit(n.WithMembers(members.list))
}

// member evaluates the value and the name of a property: the name may be an expression too, as it mostly is in
// userAssignedIdentities.
func (f *frame) member(m *armjson.Member) (armjson.Member, error) {
	made := *m
	var failed error
	if strings.HasPrefix(m.Key, "[") {
		k, err := f.text(&armjson.Node{Kind: armjson.String, Text: m.Key, Range: m.KeyRange})
		switch {
		case err != nil:
			failed = err
		case k.Kind == armjson.String:
			made.Key = k.Text
		case k.Kind == armjson.Unknown:
			made.Key, made.Unknown = plain(k), k.Unknown
		default:
			failed = f.x.report(CodeExpression, m.KeyRange,
				fmt.Sprintf("the name of a property evaluates to %s", k.Kind), "it must be a string", "")
		}
	}
	v, err := f.value(m.Value)
	if err != nil {
		failed = err
	}
	made.Value = v
	return made, failed
}

// parsed is an expression, or what is wrong with it.
type parsed struct {
	expr armexpr.Expr
	err  *armexpr.Error
}

// parse reads each text once.
func (x *expansion) parse(text string) parsed {
	p, known := x.parsed[text]
	if !known {
		p.expr, p.err = armexpr.Parse(text)
		x.parsed[text] = p
	}
	return p
}

// text evaluates a string.
func (f *frame) text(n *armjson.Node) (*armjson.Node, error) {
	if !armexpr.IsExpression(n.Text) {
		if lit := armexpr.Literal(n.Text); lit != n.Text {
			if err := f.x.budget.Charge(textBytes); err != nil {
				return nil, f.x.overBudget(n.Range, err)
			}
			return armjson.NewString(lit).At(n.Range), nil
		}
		return n, nil
	}
	p := f.x.parse(n.Text)
	if p.err != nil {
		return nil, f.x.reportExpression(n, nil, p.err)
	}
	if f.args == nil {
		f.x.out.Trace.evaluated(n, f.s)
	}
	v, err := armexpr.Eval(p.expr, f.environment())
	if err != nil {
		if in, ok := err.(*armexpr.Error); ok {
			err = f.withoutSecrets(p.expr, in)
		}
		return nil, f.x.reportExpression(n, p.expr, err)
	}
	size := int64(textBytes)
	if v.Range.IsZero() && v.Depth() > 0 {
		size += copiedBytes * v.Weight() // all of it gets its place
	}
	if err := f.x.budget.Charge(size); err != nil {
		return nil, f.x.overBudget(n.Range, err)
	}
	return v.PlacedAt(n.Range), nil
}

// textIn evaluates a member that must come to a string, which may be unknown. It is nil, without an error, when the
// member is absent or null.
func (f *frame) textIn(n *armjson.Node, name string) (*armjson.Node, error) {
	m := n.Member(name)
	if m == nil || m.Value.IsNull() {
		return nil, nil
	}
	v, err := f.value(m.Value)
	switch {
	case err != nil:
		return nil, err
	case v.Kind == armjson.Null:
		return nil, nil
	case v.Kind != armjson.String && v.Kind != armjson.Unknown:
		return nil, f.x.report(CodeShape, m.Value.Range,
			fmt.Sprintf("%q is %s where a string is wanted", m.Key, v.Kind), "", "")
	}
	return v, nil
}

// plain is the text of a string, and for an unknown value its expression in brackets.
func plain(n *armjson.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind == armjson.Unknown:
		return "[" + n.Unknown.Form + "]"
	default:
		return n.Text
	}
}
