package schema_test

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/schema"
)

// published adds what one definition of a published schema says of its own properties: "TargetRegion.name: required".
func published(facts map[string]bool, name string, def map[string]any) {
	note := func(p, format string, args ...any) {
		facts[fmt.Sprintf("%s.%s: %s", name, p, fmt.Sprintf(format, args...))] = true
	}
	for p, s := range object(def["properties"]) {
		s := orExpression(object(s))
		note(p, "%s", typeOf(s))
		for _, v := range list(s["enum"]) {
			if p != "apiVersion" { // it allows the version of the file
				note(p, "may be %v", v)
			}
		}
		for _, limit := range []string{"pattern", "minimum", "maximum"} {
			if v, ok := s[limit]; ok {
				note(p, "%s %v", limit, v)
			}
		}
	}
	for _, p := range list(def["required"]) {
		note(p.(string), "required")
	}
}

// inherit adds what a union says: which variants it has, and the properties that each of them gets from it.
func inherit(facts map[string]bool, name string, def map[string]any) {
	parts := list(def["allOf"])
	if len(parts) == 0 {
		return
	}
	common := object(parts[0])
	for _, v := range list(object(parts[1])["oneOf"]) {
		variant := list(object(v)["allOf"])
		to := typeOf(object(variant[0]))
		for discriminator, is := range object(object(variant[1])["properties"]) {
			facts[fmt.Sprintf("%s: %s %v is %s", name, discriminator, object(is)["const"], to)] = true
			own := map[string]any{}
			for p, s := range object(common["properties"]) {
				if p != discriminator {
					own[p] = s
				}
			}
			published(facts, to, map[string]any{"properties": own, "required": common["required"]})
		}
	}
}

// tableFacts says the same of the tables.
func tableFacts(facts map[string]bool, t *schema.Type, version string) {
	for _, v := range t.Variants(version) {
		if v.Beyond == "" {
			facts[fmt.Sprintf("%s: %s %s is %s", t.Name, t.Discriminator, v.Value, v.Type)] = true
		}
	}
	for _, p := range t.Properties(version) {
		if p.Beyond != "" {
			continue
		}
		note := func(format string, args ...any) {
			facts[fmt.Sprintf("%s.%s: %s", t.Name, p.Name, fmt.Sprintf(format, args...))] = true
		}
		note("%s", kindOf(p))
		if p.Required {
			note("required")
		}
		for _, v := range p.OneOf {
			note("may be %s", v)
		}
		if p.Pattern != "" {
			note("pattern %s", p.Pattern)
		}
		if p.Min != nil {
			note("minimum %d", *p.Min)
		}
		if p.Max != nil {
			note("maximum %d", *p.Max)
		}
	}
}

func kindOf(p *schema.Property) string {
	one := func(k schema.Kind) string {
		switch k {
		case schema.String:
			return "string"
		case schema.Integer:
			return "integer"
		case schema.Boolean:
			return "boolean"
		default:
			return p.Type
		}
	}
	switch p.Kind {
	case schema.Array:
		return "array of " + one(p.Item)
	case schema.Map:
		return "map of " + one(p.Item)
	default:
		return one(p.Kind)
	}
}

// typeOf names the type of a published value as kindOf does.
func typeOf(s map[string]any) string {
	if ref, ok := s["$ref"].(string); ok {
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		if strings.HasPrefix(name, "Components") { // named after the place it was found at
			name = "UserAssignedIdentity"
		}
		return name
	}
	if alternatives := list(s["oneOf"]); len(alternatives) == 1 {
		return typeOf(object(alternatives[0]))
	}
	if items, ok := s["items"]; ok {
		return "array of " + typeOf(object(items))
	}
	if each, ok := s["additionalProperties"]; ok {
		return "map of " + typeOf(object(each))
	}
	return s["type"].(string)
}

// orExpression takes the alternative "or an expression" away.
func orExpression(s map[string]any) map[string]any {
	if a := list(s["oneOf"]); len(a) == 2 && strings.HasSuffix(fmt.Sprint(object(a[1])["$ref"]), "/expression") {
		return object(a[0])
	}
	return s
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

func list(v any) []any { l, _ := v.([]any); return l }
