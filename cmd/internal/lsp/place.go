package lsp

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
)

// A step goes from a container to something in it.
type step struct {
	node *armjson.Node // an object or array
	key  string        // of the member; "" for an element
}

// A place is a value, or the name of a member, inside an image template.
type place struct {
	version string
	object  *armjson.Node    // the object around it; nil when it stands in an array
	typ     *schema.Type     // of that object: nil when it has no known properties, a union when its case is not known
	prop    *schema.Property // the property whose value it is, or whose name; nil when the schema does not have it
	element bool             // it is an element of the property's array
}

// find gives the place that the steps lead to. ok is false outside of image templates.
func find(steps []step, roots map[*armjson.Node]string) (p place, ok bool) {
	// From the inside out: an image template may stand in a deployment in a deployment.
	for start := len(steps) - 1; start >= 0; start-- {
		if name, is := roots[steps[start].node]; is {
			p.version = versionOf(steps[start].node)
			p.follow(steps[start:], schema.Lookup(name))
			return p, true
		}
	}
	return p, false
}

// follow walks from an object of type t.
func (p *place) follow(steps []step, t *schema.Type) {
	for _, s := range steps {
		wasElement := p.element
		p.object, p.typ, p.element = nil, nil, false
		switch isObject := s.node.Kind == armjson.Object; {
		case p.prop != nil && !wasElement &&
			(!isObject && p.prop.Kind == schema.Array || isObject && p.prop.Kind == schema.Map):
			p.element = true // the names in a map are the user's choice
		case isObject && t != nil:
			p.object = s.node
			p.typ, p.prop = member(t, s, p.version)
		default:
			p.prop = nil
		}
		t = nil
		if p.kind() == schema.Object {
			t = schema.Lookup(p.prop.Type)
		}
	}
}

// kind is that of the value at the place; 0 when it is not known.
func (p *place) kind() schema.Kind {
	switch {
	case p.prop == nil:
		return 0
	case p.element:
		return p.prop.Item
	}
	return p.prop.Kind
}

// member finds the property that a step names, and the type that has it: of a union the case that the object says it is, if it says so.
func member(t *schema.Type, s step, version string) (*schema.Type, *schema.Property) {
	if t.Discriminator == "" {
		p, _ := t.Property(version, s.key)
		return t, p
	}
	if strings.EqualFold(s.key, t.Discriminator) {
		p := &schema.Property{Name: t.Discriminator, Span: t.Span, Kind: schema.String, Required: true}
		for _, v := range t.Variants(version) {
			p.OneOf = append(p.OneOf, v.Value)
		}
		return t, p
	}
	if given := s.node.Get(t.Discriminator); given != nil {
		if v, _ := t.Variant(version, given.Text); v != nil {
			return member(schema.Lookup(v.Type), s, version)
		}
	}
	return t, nil
}

// stepsTo finds the value, or name of a member, that is wanted, and the containers around it, the outermost first.
func stepsTo(n *armjson.Node, wanted func(*armjson.Node, *armjson.Member) bool, may func(diag.Range) bool) (steps []step, name bool) {
	for i := range n.Members {
		m := &n.Members[i]
		if wanted(nil, m) {
			return []step{{n, m.Key}}, true
		}
		if wanted(m.Value, nil) {
			return []step{{n, m.Key}}, false
		}
		if may(m.Value.Range) {
			if inner, name := stepsTo(m.Value, wanted, may); inner != nil {
				return append([]step{{n, m.Key}}, inner...), name
			}
		}
	}
	for _, item := range n.Items {
		if wanted(item, nil) {
			return []step{{n, ""}}, false
		}
		if may(item.Range) {
			if inner, name := stepsTo(item, wanted, may); inner != nil {
				return append([]step{{n, ""}}, inner...), name
			}
		}
	}
	return nil, false
}
