// Package schema has the shape of an image template in every api-version: which objects there are, and of each property its
// name, type, limits, and the versions that have it.
//
// The tables are made from a snapshot of the published shapes, once for all versions: a property that changed has a row for
// each form it had. What the service takes or writes beyond the published shapes stands in beyond.go with its evidence, and a
// look-up finds both. What renamed what is in migrate.go.
//
// This package says what may be written, not what it means: translate/template reads it into the model, translate/check knows
// the rules between properties.
package schema

import (
	"slices"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/translate/diag"
)

//go:generate go run generate.go

// Root is the type of a whole image template, RootTrigger of a trigger that stands by itself.
const (
	Root        = "imageTemplates"
	RootTrigger = "imageTemplates_triggers"
)

// Versions returns every published api-version, oldest first. They compare as text.
func Versions() []string { return slices.Clone(versions) }

// Known reports whether the api-version was published.
func Known(version string) bool { return slices.Contains(versions, version) }

// Kind is the type of a value.
type Kind int

// The kinds. The zero Kind stands for no value.
const (
	_ Kind = iota
	String
	Integer
	Boolean
	Object // of known properties: see Property.Type
	Array
	Map // an object with names of the user's choice
)

// String gives the kind with its article, ready for a message: "an array".
func (k Kind) String() string {
	return [...]string{"nothing", "a string", "a whole number", "a boolean", "an object", "an array", "a map"}[k]
}

// Span is a run of api-versions.
type Span struct {
	Since string // the first
	Until string // the last; "" if it lasts to the newest
}

// Has reports whether version is in the span.
func (s Span) Has(version string) bool {
	return version >= s.Since && (s.Until == "" || version <= s.Until)
}

// Property is one form of a property of an object. It is not to be changed.
type Property struct {
	Name string
	Span

	Kind Kind
	Item Kind   // of the elements of an Array and the values of a Map
	Type string // name of the Type, if Kind or Item is Object; "" if its properties are not known

	Required bool
	ReadOnly bool     // written by the service only
	OneOf    []string // the allowed values of a String; nil if it is free
	Pattern  string   // of a String: a regular expression, "" for none
	Min, Max *int64   // of an Integer; nil for no limit

	// Beyond is the evidence for a property that the published shapes of its versions do not have; "" for one they have.
	Beyond string
}

// Variant is one case of a union: what the discriminator says, and the type of the object then.
type Variant struct {
	Value, Type string
	Span

	Beyond string // as in Property
}

// Type is an object, or a union: one of several objects that one property tells apart. It is not to be changed.
type Type struct {
	Name string
	Span

	Discriminator string // the property that tells the variants apart; "" if this is no union

	rows     []Property
	variants []Variant
}

// types has the published types with what is beyond them, by name.
var types = sync.OnceValue(func() map[string]*Type {
	all := map[string]*Type{}
	for _, t := range published {
		t.rows = slices.Concat(t.rows, beyond[t.Name])
		t.variants = slices.Concat(t.variants, beyondVariants[t.Name])
		slices.SortStableFunc(t.rows, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
		all[t.Name] = &t
	}
	return all
})

// Lookup returns the type of that name, or nil.
func Lookup(name string) *Type { return types()[name] }

// Types returns every type, by name.
func Types() []*Type {
	all := make([]*Type, 0, len(published))
	for i := range published {
		all = append(all, Lookup(published[i].Name))
	}
	return all
}

// Polymorphs returns the types that are unions, by name.
func Polymorphs() []*Type {
	return slices.DeleteFunc(Types(), func(t *Type) bool { return t.Discriminator == "" })
}

// Properties returns the properties that an object has in version, by name, those the service writes among them. A union has
// none: its variants have.
func (t *Type) Properties(version string) []*Property {
	return t.where(func(p *Property) bool { return p.Has(version) })
}

// Property finds a property by its name in version. The exact spelling wins; else one that differs only by case, and exact is
// false. The result is nil when there is none.
func (t *Type) Property(version, name string) (p *Property, exact bool) {
	found := t.where(func(p *Property) bool { return p.Has(version) && strings.EqualFold(p.Name, name) })
	for _, p := range found {
		if p.Name == name {
			return p, true
		}
	}
	if len(found) > 0 {
		return found[0], false
	}
	return nil, false
}

// Ever returns every form that the property had in any version, by spelling and age. Case does not count.
func (t *Type) Ever(name string) []*Property {
	return t.where(func(p *Property) bool { return strings.EqualFold(p.Name, name) })
}

func (t *Type) where(wanted func(*Property) bool) []*Property {
	var found []*Property
	for i := range t.rows {
		if wanted(&t.rows[i]) {
			found = append(found, &t.rows[i])
		}
	}
	return found
}

// Names returns the names that may be written in version, in order: those of its properties, or the values of a union's
// discriminator.
func (t *Type) Names(version string) []string {
	var names []string
	for _, p := range t.Properties(version) {
		if !p.ReadOnly {
			names = append(names, p.Name)
		}
	}
	for _, v := range t.Variants(version) {
		names = append(names, v.Value)
	}
	slices.Sort(names)
	return names
}

// Near returns the one of Names that was most likely meant, or "" when none is close.
func (t *Type) Near(version, name string) string { return diag.Near(name, t.Names(version)) }

// Variants returns the cases that a union has in version.
func (t *Type) Variants(version string) []*Variant {
	var found []*Variant
	for i := range t.variants {
		if t.variants[i].Has(version) {
			found = append(found, &t.variants[i])
		}
	}
	return found
}

// Variant finds a case of a union in version, as Property finds a property.
func (t *Type) Variant(version, value string) (v *Variant, exact bool) {
	for _, c := range t.Variants(version) {
		switch {
		case c.Value == value:
			return c, true
		case v == nil && strings.EqualFold(c.Value, value):
			v = c
		}
	}
	return v, false
}
