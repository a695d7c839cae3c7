package fromhcl

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// block is the body of a block that is being taken apart. What nobody has taken in the end has no counterpart, and is said.
type block struct {
	m      *importing
	what   string // as a person calls it: provisioner "shell"
	rng    hcl.Range
	attrs  hclsyntax.Attributes
	blocks hclsyntax.Blocks
	taken  map[string]bool
}

// open starts on a block; later bodies set more of the same.
func (m *importing) open(what string, rng hcl.Range, bodies ...*hclsyntax.Body) *block {
	b := &block{m: m, what: what, rng: rng, attrs: hclsyntax.Attributes{}, taken: map[string]bool{}}
	for _, body := range bodies {
		if body != nil {
			maps.Copy(b.attrs, body.Attributes)
			b.blocks = append(b.blocks, body.Blocks...)
		}
	}
	return b
}

// take gives an attribute that is written and not null; nil for another one.
func (b *block) take(name string) *hclsyntax.Attribute {
	attr := b.attrs[name]
	if attr == nil {
		return nil
	}
	b.taken[name] = true
	if v, found := attr.Expr.Value(b.m.eval.scope(attr.Expr)); !found.HasErrors() && v.IsKnown() && v.IsNull() {
		return nil
	}
	return attr
}

// ignore takes attributes and blocks that an image has nothing of.
func (b *block) ignore(names ...string) {
	for _, name := range names {
		b.taken[name] = true
	}
}

// nested takes the blocks of a type.
func (b *block) nested(typ string) hclsyntax.Blocks {
	b.taken[typ] = true
	return slices.DeleteFunc(slices.Clone(b.blocks), func(n *hclsyntax.Block) bool { return n.Type != typ })
}

// end says what was not taken.
func (b *block) end() {
	for _, name := range slices.Sorted(maps.Keys(b.attrs)) {
		if !b.taken[name] {
			b.m.lost(b.attrs[name].SrcRange, fmt.Sprintf("%q of %s is left out", name, b.what), "an image template has nothing like it")
		}
	}
	for _, n := range b.blocks {
		if !b.taken[n.Type] {
			b.m.lost(n.DefRange(), fmt.Sprintf("block %q of %s is left out", n.Type, b.what), "an image template has nothing like it")
		}
	}
}

// text takes a string; the zero text, which is not set, when it is not written.
func (b *block) text(name string) (t text, set bool) {
	attr := b.take(name)
	if attr == nil {
		return text{}, false
	}
	if t, ok := b.m.convert(attr.Expr, 0); ok {
		if name != "name" { // which the core reads, and not the component
			t = b.m.rendered(t, attr.SrcRange)
		}
		return t, t != text{}
	}
	return b.m.ask(attr, "string"), true
}

// number takes a whole number, as encoding/json writes it; nil when it is not written.
func (b *block) number(name string) any { return b.scalar(name, "int", cty.Number) }

// hosts reports whether an attribute is a variable that whoever runs a translation by Ingot has to give: the image template has nothing
// there.
func (b *block) hosts(name string) bool {
	attr := b.attrs[name]
	if attr == nil || !b.m.own {
		return false
	}
	ref, ok := attr.Expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return false
	}
	root, variable := reference(ref.Traversal)
	v := b.m.eval.variables[variable]
	return root == "var" && v != nil && v.standard == cty.NilVal && v.given == cty.NilVal
}

// yes takes a boolean, as encoding/json writes it; nil when it is not written or false.
func (b *block) yes(name string) any {
	if v := b.scalar(name, "bool", cty.Bool); v != false {
		return v
	}
	return nil
}

// known takes a boolean that decides here; false when it is not known.
func (b *block) known(name string) bool {
	attr := b.take(name)
	if attr == nil {
		return false
	}
	v, ok := b.m.eval.known(attr.Expr)
	return ok && textOf(v) == "true"
}

func (b *block) scalar(name, typ string, want cty.Type) any {
	attr := b.take(name)
	if attr == nil {
		return nil
	}
	t, ok := b.m.convert(attr.Expr, 0)
	switch {
	case !ok:
		return b.m.ask(attr, typ)
	case t.expr != "":
		return t
	}
	if v, err := convertTo(t.literal, want); err == nil {
		return plain(v)
	}
	r := attr.Expr.Range()
	b.m.lost(r, fmt.Sprintf("%q of %s is left out", name, b.what), fmt.Sprintf("%q is no %s", t.literal, typ))
	return nil
}

// texts takes a list of strings, as encoding/json writes it; nil when it is not written or empty.
func (b *block) texts(name string) any {
	attr := b.take(name)
	if attr == nil {
		return nil
	}
	return b.m.texts(attr)
}

// texts gives a list of strings: each by itself where the list is written out.
func (m *importing) texts(attr *hclsyntax.Attribute) any {
	if list, ok := attr.Expr.(*hclsyntax.TupleConsExpr); ok {
		all := []text{}
		for _, element := range list.Exprs {
			t, ok := m.convert(element, 0)
			if !ok {
				return m.ask(attr, "array")
			}
			all = append(all, m.rendered(t, element.Range()))
		}
		if len(all) == 0 {
			return nil
		}
		return all
	}
	if ref, ok := attr.Expr.(*hclsyntax.ScopeTraversalExpr); ok {
		if t, ok := m.convertReference(ref, 0); ok && t.expr != "" {
			return t
		}
	}
	if v, ok := m.eval.known(attr.Expr); ok {
		var all []text
		for _, s := range textsOf(v) {
			all = append(all, m.rendered(text{literal: s}, attr.SrcRange))
		}
		if m.fixed(attr.Expr); all == nil {
			return nil
		}
		return all
	}
	return m.ask(attr, "array")
}

// value is what is known of an attribute; cty.NilVal when nothing is. It does not take the attribute.
func (b *block) value(name string) cty.Value {
	if attr := b.attrs[name]; attr != nil {
		if v, ok := b.m.eval.known(attr.Expr); ok {
			return v
		}
	}
	return cty.NilVal
}

// rangeOf is where an attribute is written; the block's start when it is not.
func (b *block) rangeOf(name string) hcl.Range {
	if attr := b.attrs[name]; attr != nil {
		return attr.SrcRange
	}
	return b.rng
}
