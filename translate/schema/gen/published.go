package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema is a JSON schema (draft 4) as far as the published files use it. Decoding refuses any other keyword, so that nothing
// of a later file is passed over.
type schema struct {
	ID, Title, Description string
	Draft                  string `json:"$schema"`

	Type     string
	RefTo    string `json:"$ref"`
	Const    string
	Enum     []string
	Pattern  string
	Minimum  *int64
	Maximum  *int64
	Required []string
	Items    *schema

	Properties           map[string]*schema
	AdditionalProperties json.RawMessage // false, or a schema

	OneOf, AllOf                     []*schema
	Definitions, ResourceDefinitions map[string]*schema
}

const (
	definitions = "#/definitions/"
	expression  = "https://schema.management.azure.com/schemas/common/definitions.json#/definitions/expression"
)

// plainNames gives names to what the published files name after the place it was found at.
var plainNames = map[string]string{
	"ComponentsVrq145SchemasImagetemplateidentityPropertiesUserassignedidentitiesAdditionalproperties": "UserAssignedIdentity",
}

// FromPublished reads the published schema of one api-version. Anything in it that a Shape cannot say is an error, save
// descriptions and whether an expression is allowed.
func FromPublished(data []byte) (Shape, error) {
	root, err := decode(data)
	if err != nil {
		return Shape{}, err
	}
	r := reader{defs: root.Definitions, done: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(root.ResourceDefinitions)) {
		if err := r.object(name, root.ResourceDefinitions[name], nil); err != nil {
			return Shape{}, err
		}
	}
	if r.shape.APIVersion == "" {
		return Shape{}, fmt.Errorf("no resource has an apiVersion")
	}
	slices.SortFunc(r.shape.Types, func(a, b Type) int { return strings.Compare(a.Name, b.Name) })
	return r.shape, nil
}

func decode(data []byte) (*schema, error) {
	var s schema
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return &s, d.Decode(&s)
}

type reader struct {
	defs  map[string]*schema
	done  map[string]bool // by published name
	shape Shape
}

// object reads an object and all it refers to. Inherited are the properties that a union gives to all its variants.
func (r *reader) object(name string, s, inherited *schema) error {
	if s.Type != "object" || s.AllOf != nil || s.OneOf != nil || s.AdditionalProperties != nil || s.RefTo != "" || s.Enum != nil {
		return fmt.Errorf("definition %q is not an object of known properties", name)
	}
	t := Type{Name: plainName(name)}
	props, required := maps.Clone(s.Properties), s.Required
	if inherited != nil {
		for p, from := range inherited.Properties {
			if props[p] == nil {
				props[p] = from
			}
		}
		required = slices.Concat(required, inherited.Required)
	}
	for _, p := range slices.Sorted(maps.Keys(props)) {
		property, err := r.property(p, props[p])
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, p, err)
		}
		property.Required = slices.Contains(required, p)
		t.Properties = append(t.Properties, property)
	}
	for _, p := range required {
		if props[p] == nil {
			return fmt.Errorf("definition %q requires %q, which it does not have", name, p)
		}
	}
	r.shape.Types = append(r.shape.Types, t)
	return nil
}

func (r *reader) property(name string, s *schema) (Property, error) {
	s = plain(s)
	p := Property{Name: name, OneOf: s.Enum, Pattern: s.Pattern, Min: s.Minimum, Max: s.Maximum}
	if name == "apiVersion" { // its one value is the version of the file
		if len(s.Enum) != 1 || r.shape.APIVersion != "" && s.Enum[0] != r.shape.APIVersion {
			return p, fmt.Errorf("it is %q, and another resource says %q", s.Enum, r.shape.APIVersion)
		}
		r.shape.APIVersion, p.OneOf = s.Enum[0], nil
	}
	if !speakable(name) || !speakable(p.OneOf...) || p.Pattern != "" && strings.Contains(p.Pattern, ", ") {
		return p, fmt.Errorf("it has characters that a snapshot cannot hold")
	}
	var err error
	p.Value, err = r.value(s)
	return p, err
}

// value reads the type of a value; constraints of it are left to property, and refused inside lists and maps.
func (r *reader) value(s *schema) (Value, error) {
	switch {
	case s.OneOf != nil || s.AllOf != nil:
		return Value{}, fmt.Errorf("it has alternatives other than an expression")
	case s.RefTo != "":
		name, ok := strings.CutPrefix(s.RefTo, definitions)
		if !ok || r.defs[name] == nil {
			return Value{}, fmt.Errorf("%q is not in the file", s.RefTo)
		}
		return Value{One, plainName(name)}, r.definition(name)
	case s.Type == "array" && s.Items != nil:
		of, err := r.inner(s.Items)
		return Value{List, of}, err
	case s.Type == "object" && len(s.Properties) == 0 && s.AdditionalProperties != nil:
		each, err := decode(s.AdditionalProperties)
		if err != nil {
			return Value{}, err
		}
		of, err := r.inner(each)
		return Value{Map, of}, err
	case s.Type == "string", s.Type == "integer", s.Type == "boolean":
		return Value{One, s.Type}, nil
	default:
		return Value{}, fmt.Errorf("type %q is new", s.Type)
	}
}

func (r *reader) inner(s *schema) (string, error) {
	if len(s.OneOf) == 1 { // a list of resources names them so
		s = s.OneOf[0]
	}
	v, err := r.value(s)
	if err == nil && (v.Form != One || s.Enum != nil || s.Pattern != "" || s.Minimum != nil || s.Maximum != nil) {
		err = fmt.Errorf("what is inside has limits of its own")
	}
	return v.Of, err
}

func (r *reader) definition(name string) error {
	if r.done[name] {
		return nil
	}
	r.done[name] = true
	s := r.defs[name]
	if s.AllOf == nil {
		return r.object(name, s, nil)
	}
	return r.union(name, s)
}

// union reads a discriminated union. It is published as
//
//	allOf: [ what all variants have,
//	         oneOf: [ allOf: [ $ref to a variant, {discriminator: const value} ], … ] ]
func (r *reader) union(name string, s *schema) error {
	if len(s.AllOf) != 2 || len(s.AllOf[1].OneOf) == 0 {
		return fmt.Errorf("definition %q is not a union of the known form", name)
	}
	common := *s.AllOf[0]
	common.Properties = maps.Clone(common.Properties)
	t := Type{Name: name}
	for _, v := range s.AllOf[1].OneOf {
		if len(v.AllOf) != 2 || len(v.AllOf[1].Properties) != 1 {
			return fmt.Errorf("a variant of %q is not of the known form", name)
		}
		for d, is := range v.AllOf[1].Properties {
			t.Discriminator = d
			t.Variants = append(t.Variants, Variant{is.Const, strings.TrimPrefix(v.AllOf[0].RefTo, definitions)})
		}
	}
	allowed := common.Properties[t.Discriminator]
	delete(common.Properties, t.Discriminator) // each variant has its own
	for _, v := range t.Variants {
		own := r.defs[v.Type]
		switch {
		case allowed == nil || !slices.Contains(allowed.Enum, v.Value) || len(allowed.Enum) != len(t.Variants):
			return fmt.Errorf("the values of %q are not the variants of %q", t.Discriminator, name)
		case own == nil || r.done[v.Type]:
			return fmt.Errorf("variant %q of %q has no definition of its own", v.Value, name)
		case own.Properties[t.Discriminator] == nil || !slices.Equal(plain(own.Properties[t.Discriminator]).Enum, []string{v.Value}):
			return fmt.Errorf("definition %q does not say %q of itself", v.Type, v.Value)
		}
		r.done[v.Type] = true
		if err := r.object(v.Type, own, &common); err != nil {
			return err
		}
	}
	slices.SortFunc(t.Variants, func(a, b Variant) int { return strings.Compare(a.Value, b.Value) })
	r.shape.Types = append(r.shape.Types, t)
	return nil
}

// plain takes the alternative "or an expression" away.
func plain(s *schema) *schema {
	if len(s.OneOf) == 2 && s.OneOf[1].RefTo == expression {
		return s.OneOf[0]
	}
	return s
}

func plainName(name string) string {
	if p, ok := plainNames[name]; ok {
		return p
	}
	return name
}
