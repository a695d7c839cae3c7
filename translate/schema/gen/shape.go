// Package gen makes the tables of translate/schema from the published shapes of Microsoft.VirtualMachineImages.
//
// It has three steps, each of them pure:
//
//	published JSON schema ─FromPublished─▶ Shape ⇄ text (Format, Parse) in ../snapshot ─Fold─▶ rows over versions ─Source─▶ Go
//
// The snapshot is what Ingot carries: names, types and limits of one api-version, a line a property, and nothing else of the
// published files. Only a new api-version needs those.
package gen

// Shape is what one api-version takes: all objects and unions that can be reached from its resources, by name.
type Shape struct {
	APIVersion string
	Types      []Type
}

// Type is an object, or a union of objects that one property of theirs tells apart.
type Type struct {
	Name       string
	Properties []Property // by name; none for a union: its properties are in every variant

	Discriminator string    // the property that tells the variants of a union apart; "" for an object
	Variants      []Variant // by value
}

// Variant is one case of a union: what the discriminator says, and the object it means.
type Variant struct{ Value, Type string }

// Property is one property of an object. Whether it takes an expression of the deployment template language is left out: in a
// deployment template each of them does.
type Property struct {
	Name     string
	Value    Value
	Required bool
	OneOf    []string // the allowed values of a text, in published order; nil if it is free
	Pattern  string   // "" if there is none
	Min, Max *int64   // of an integer
}

// Value is the type of a value.
type Value struct {
	Form Form
	Of   string // "string", "integer", "boolean", or the name of a Type
}

// Form says how often a value of a property stands there.
type Form int

// The forms.
const (
	One  Form = iota // the value itself
	List             // an array of such values
	Map              // an object with any names, each with such a value
)
