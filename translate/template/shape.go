package template

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/schema"
)

// This file asks the schema on behalf of a template whose api-version may not be known.

// versions are those that the template may be read as.
func (d *decoder) versions() []string {
	if d.version == "" {
		return schema.Versions()
	}
	return []string{d.version}
}

// properties returns every form of the properties that the template's version has, or may have, by name.
func (d *decoder) properties(t *schema.Type) []*schema.Property {
	if d.version != "" {
		return t.Properties(d.version)
	}
	return everyForm()[t]
}

// everyForm has all forms of the properties of each type, by name.
var everyForm = sync.OnceValue(func() map[*schema.Type][]*schema.Property {
	all := map[*schema.Type][]*schema.Property{}
	for _, t := range schema.Types() {
		for _, v := range schema.Versions() {
			for _, p := range t.Properties(v) {
				if !slices.Contains(all[t], p) {
					all[t] = append(all[t], p)
				}
			}
		}
		slices.SortStableFunc(all[t], func(a, b *schema.Property) int { return strings.Compare(a.Name, b.Name) })
	}
	return all
})

// property finds a property that the template's version has, or may have. The exact spelling wins.
func (d *decoder) property(t *schema.Type, name string) (p *schema.Property, exact bool) {
	if d.version != "" {
		return t.Property(d.version, name)
	}
	for _, found := range t.Ever(name) {
		if found.Name == name {
			return found, true
		}
		p = found
	}
	return p, false
}

// names lists what may be written in an object, or as the discriminator of a union.
func (d *decoder) names(t *schema.Type) []string {
	var all []string
	for _, v := range d.versions() {
		all = append(all, t.Names(v)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// alwaysRequired reports whether the property is required in every version that the template may be read as. An object that only
// some versions know can go without: the others pass over all of it. That is different for a variant of a union, which the others
// refuse.
func (d *decoder) alwaysRequired(t *schema.Type, p *schema.Property) bool {
	if d.version != "" {
		return p.Required && p.Has(d.version)
	}
	isVariant := len(t.Ever("type")) > 0
	for _, v := range d.versions() {
		if len(t.Properties(v)) == 0 && isVariant {
			continue
		}
		if same, exact := t.Property(v, p.Name); !exact || !same.Required {
			return false
		}
	}
	return true
}

// nearest chooses, of the forms that a property has in other versions, that of the next one, else that of the last.
func (d *decoder) nearest(forms []*schema.Property) *schema.Property {
	var before, after *schema.Property
	for _, p := range forms {
		switch {
		case p.Since <= d.version && (before == nil || p.Since > before.Since):
			before = p
		case p.Since > d.version && (after == nil || p.Since < after.Since):
			after = p
		}
	}
	if after != nil {
		return after
	}
	return before
}

// renamedTo is the name that took the place of an older one; "" if none did.
func renamedTo(t *schema.Type, name string) string {
	for _, r := range schema.Replacements() {
		if r.Type == t.Name && !r.Variant && slices.Contains(r.Old, name) {
			return r.New
		}
	}
	return ""
}

// shape holds a property against its published shape.
func (d *decoder) shape(n *armjson.Node, path string, p *schema.Property) {
	switch p.Kind {
	case schema.Array:
		list(d, &List[struct{}]{}, func(item *armjson.Node, path string) (none struct{}, keep bool) {
			d.value(item, path, p.Item, p.Type)
			return none, false
		})(n, path)
	case schema.Map:
		if d.kind(n, path, armjson.Object) {
			for _, m := range n.Members {
				if m.Unknown == nil && !m.Value.IsNull() {
					d.value(m.Value, entry(path, m.Key), p.Item, p.Type)
				}
			}
		}
	default:
		d.value(n, path, p.Kind, p.Type)
	}
}

// value holds one value against its kind. An object is of the type, if one is given; else nothing is known of its properties.
func (d *decoder) value(n *armjson.Node, path string, kind schema.Kind, typ string) {
	switch kind {
	case schema.String:
		d.str(new(String))(n, path)
	case schema.Integer:
		d.integer(new(Int))(n, path)
	case schema.Boolean:
		d.boolean(new(Bool))(n, path)
	case schema.Object:
		what := strconv.Quote(lastStep(path))
		switch t := schema.Lookup(typ); {
		case t == nil:
			d.kind(n, path, armjson.Object)
		case t.Discriminator == "":
			d.object(n, path, form{what: what, typ: typ})
		default:
			union[struct{}](d, n, path, what, typ, nil, nil)
		}
	}
}
