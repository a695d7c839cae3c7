package hcl2

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// local is a value with a name.
type local struct {
	name      string
	expr      hcl.Expression
	sensitive bool
	rng       hcl.Range
	value     cty.Value // may be marked; cty.NilVal until it is evaluated
}

// dataRef names a data block.
type dataRef struct{ kind, name string }

func (r dataRef) String() string { return "data." + r.kind + "." + r.name }

// dataBlock is a value that a component looks up.
type dataBlock struct {
	ref   dataRef
	body  hcl.Body
	rng   hcl.Range
	kind  hcl.Range // of the type's label
	value cty.Value // cty.NilVal until it is evaluated
}

// Data is a data block whose turn it is.
type Data struct {
	Kind, Name string
	Body       hcl.Body
	Scope      *hcl.EvalContext
	Range      hcl.Range // of the block
	KindRange  hcl.Range // of the label that says the type
}

// DataFunc looks up the value of a data block. A value that is not known yet is a cty.Unknown of its type. The error is located by
// the caller unless it holds *Error values.
type DataFunc func(Data) (cty.Value, error)

// mark is what values carry with them while locals are evaluated.
type mark string

// sensitive marks values that must not be shown: what is made of a sensitive variable is sensitive too.
const sensitive mark = "sensitive"

// localBlock reads the long form of one local.
func (l *loader) localBlock(b *hcl.Block) {
	content, ok := l.content(b.Body, topLevel.blocks["local"])
	if !ok {
		return
	}
	v := &local{name: b.Labels[0], rng: b.DefRange}
	if s, ok := l.literal(content.Attributes["sensitive"], cty.Bool); ok {
		v.sensitive = s.True()
	}
	attr := content.Attributes["expression"]
	if attr == nil {
		l.fail(b.DefRange, "local %q has no %q", clip(v.name), "expression")
		return
	}
	v.expr = attr.Expr
	l.addLocal(v, b.LabelRanges[0])
}

// localsBlock reads the short form of many.
func (l *loader) localsBlock(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	l.diagnose(diags)
	for _, attr := range sortedAttrs(attrs) {
		l.addLocal(&local{name: attr.Name, expr: attr.Expr, rng: attr.NameRange}, attr.NameRange)
	}
}

func (l *loader) addLocal(v *local, nameRange hcl.Range) {
	if !hclsyntax.ValidIdentifier(v.name) {
		l.fail(nameRange, "%q cannot be the name of a local", clip(v.name))
		return
	}
	if first, ok := l.locals[v.name]; ok {
		l.twice(fmt.Sprintf("local %q is defined twice", v.name), v.rng, first.rng)
		return
	}
	l.locals[v.name] = v
}

// dataBlock notes a data block.
func (l *loader) dataBlock(b *hcl.Block) {
	d := &dataBlock{ref: dataRef{b.Labels[0], b.Labels[1]}, body: b.Body, rng: b.DefRange, kind: b.LabelRanges[0]}
	for i, label := range b.Labels {
		if !hclsyntax.ValidIdentifier(label) {
			l.fail(b.LabelRanges[i], "%q cannot be the type or name of a data source", clip(label))
			return
		}
	}
	if first, ok := l.data[d.ref]; ok {
		l.twice(d.ref.String()+" is defined twice", d.rng, first.rng)
		return
	}
	l.data[d.ref] = d
}

// node is a local or a data block, as one of the things that must be evaluated in the right order.
type node struct {
	name  string // local.x, data.kind.name
	rng   hcl.Range
	needs []hcl.Traversal
	run   func() bool // evaluates; false when it failed, which is noted
}

// nodes gives all of them by name.
func (l *loader) nodes(data DataFunc) map[string]*node {
	all := map[string]*node{}
	for _, v := range l.locals {
		n := &node{name: "local." + v.name, rng: v.rng, needs: v.expr.Variables()}
		n.run = func() bool { return l.evaluateLocal(v) }
		all[n.name] = n
	}
	for _, d := range l.data {
		n := &node{name: d.ref.String(), rng: d.rng, needs: bodyVariables(d.body)}
		n.run = func() bool { return l.evaluateData(d, data) }
		all[n.name] = n
	}
	return all
}

// evaluate gives locals and data sources their values, each after those it refers to, wherever they are written. Packer 1.9 has
// all data sources before all locals; later ones have this order.
func (l *loader) evaluate(data DataFunc) {
	g := &graph{loader: l, nodes: l.nodes(data), done: map[string]bool{}}
	for _, n := range slices.SortedFunc(maps.Values(g.nodes), func(a, b *node) int { return comparePlace(a.rng, b.rng) }) {
		g.visit(n)
	}
}

// graph is the walk over the nodes.
type graph struct {
	*loader
	nodes map[string]*node
	done  map[string]bool // true: evaluated; false: failed, or in a circle
	path  []*node         // under way
}

// visit evaluates a node after what it needs. It reports false when the node has no value.
func (g *graph) visit(n *node) bool {
	if ok, seen := g.done[n.name]; seen {
		return ok
	}
	if i := slices.Index(g.path, n); i >= 0 {
		g.circle(g.path[i:])
		return false
	}
	g.path = append(g.path, n)
	defer func() { g.path = g.path[:len(g.path)-1] }()
	ready := true
	for _, ref := range n.needs {
		for _, needed := range g.needed(ref, n) {
			ready = g.visit(needed) && ready
			if _, failed := g.done[n.name]; failed {
				return false // it is in a circle that was just told
			}
		}
	}
	g.done[n.name] = ready && n.run()
	return g.done[n.name]
}

// circle reports nodes that refer to each other, and settles them so that it is told once.
func (g *graph) circle(nodes []*node) {
	var text []string
	for _, n := range nodes {
		g.done[n.name] = false
		text = append(text, fmt.Sprintf("%s (%s)", n.name, Range(n.rng)))
	}
	first := nodes[0]
	g.fail(first.rng, "%s refers to itself: %s → %s", first.name, strings.Join(text, " → "), first.name)
}

// needed gives the nodes that a reference means. One to all locals at once, such as keys(local), means each but the node itself.
// A name that nothing has is left to the evaluation, which may try() it.
func (g *graph) needed(ref hcl.Traversal, from *node) []*node {
	var prefix string
	switch ref.RootName() {
	case "local":
		name, ok := second(ref)
		if n := g.nodes["local."+name]; ok && n != nil {
			return []*node{n}
		} else if ok {
			return nil
		}
		prefix = "local."
	case "data":
		prefix = "data."
		if kind, ok := second(ref); ok {
			prefix += kind + "."
			if len(ref) > 2 {
				if name, ok := stepName(ref[2]); ok {
					if n := g.nodes[prefix+name]; n != nil {
						return []*node{n}
					}
					return nil
				}
			}
		}
	default:
		return nil
	}
	var all []*node
	for _, name := range slices.Sorted(maps.Keys(g.nodes)) {
		if strings.HasPrefix(name, prefix) && name != from.name {
			all = append(all, g.nodes[name])
		}
	}
	return all
}

// evaluateLocal gives a local its value, and tells it when it is sensitive, by itself or by what it is made of.
func (l *loader) evaluateLocal(v *local) bool {
	value, diags := v.expr.Value(l.localScope(v))
	if l.diagnose(diags) {
		return false
	}
	if v.sensitive {
		tellSecrets(l.in.Secret, value)
		value = markTexts(value)
	} else {
		tellDerived(l.in.Secret, value)
	}
	v.value = value
	return true
}

// evaluateData has a component look up a value. Components know no marks, and what they answer is not sensitive.
func (l *loader) evaluateData(d *dataBlock, data DataFunc) bool {
	value, err := data(Data{
		Kind: d.ref.kind, Name: d.ref.name, Body: d.body, Scope: l.scope(l.scopeValues()), Range: d.rng, KindRange: d.kind,
	})
	if err != nil {
		if found := Errors(err); found != nil {
			l.errs = append(l.errs, found...)
		} else {
			l.errs = append(l.errs, l.ErrorAt(d.rng, err))
		}
		return false
	}
	if value == cty.NilVal {
		l.errs = append(l.errs, l.ErrorAt(d.rng, errors.New("the data source gave no value")))
		return false
	}
	d.value, l.around = value, nil
	return true
}

// bodyVariables gives the references in a body whose specification is not known yet.
func bodyVariables(body hcl.Body) []hcl.Traversal {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		attrs, _ := body.JustAttributes()
		var all []hcl.Traversal
		for _, attr := range sortedAttrs(attrs) {
			all = append(all, attr.Expr.Variables()...)
		}
		return all
	}
	var all []hcl.Traversal
	for _, attr := range slices.SortedFunc(maps.Values(native.Attributes), byPlace) {
		all = append(all, attr.Expr.Variables()...)
	}
	for _, b := range native.Blocks {
		all = append(all, bodyVariables(b.Body)...)
	}
	return all
}
