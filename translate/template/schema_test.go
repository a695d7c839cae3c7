package template_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
	"github.com/ingot-build/ingot/translate/template"
)

// place is one way to write an object of a type into an image template.
type place struct {
	typ  *schema.Type
	path string
	text func(members string) string // the whole image template
	has  []string                    // members that text brings along
}

// places returns a place for each type that an image template of the version can have in it. That translate/schema says what the
// published schemas say, its own tests show.
func places(version string) []place {
	var all []place
	var visit func(p place)
	visit = func(p place) {
		if p.typ.Discriminator != "" {
			for _, v := range p.typ.Variants(version) {
				by := p.typ.Discriminator
				visit(place{typ: schema.Lookup(v.Type), path: p.path, has: append(slices.Clone(p.has), by),
					text: func(m string) string { return p.text(fmt.Sprintf("%q: %q, %s", by, v.Value, m)) }})
			}
			return
		}
		if slices.ContainsFunc(all, func(seen place) bool { return seen.typ == p.typ }) {
			return
		}
		all = append(all, p)
		for _, prop := range p.typ.Properties(version) {
			if prop.Type == "" {
				continue
			}
			form := map[schema.Kind]string{schema.Array: `%q: [{%s}]`, schema.Map: `%q: {"/a.b": {%s}}`, schema.Object: `%q: {%s}`}[prop.Kind]
			step := map[schema.Kind]string{schema.Array: "[0]", schema.Map: "['/a.b']"}[prop.Kind]
			visit(place{typ: schema.Lookup(prop.Type), path: strings.TrimPrefix(p.path+"."+prop.Name+step, "."),
				text: func(m string) string { return p.text(fmt.Sprintf(form, prop.Name, m)) }})
		}
	}
	visit(place{typ: schema.Lookup(schema.Root), has: []string{"apiVersion"},
		text: func(m string) string { return fmt.Sprintf(`{"apiVersion": %q, %s}`, version, m) }})
	return all
}

// decode returns the findings in an image template with such an object.
func (p place) decode(t *testing.T, members string) diag.List {
	t.Helper()
	n, list := armjson.Parse("t.json", []byte(p.text(members)))
	if list.HasErrors() {
		t.Fatalf("%s: %v", p.text(members), list)
	}
	_, list = template.Decode(n)
	return list
}

// about returns the findings about one property of the object.
func (p place) about(name string, list diag.List) diag.List {
	path := strings.TrimPrefix(p.path+"."+name, ".")
	return slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		inside, isInside := strings.CutPrefix(d.Path, path)
		return !isInside || inside != "" && !strings.ContainsAny(inside[:1], ".[")
	})
}

var samples = map[schema.Kind]string{schema.String: `"a"`, schema.Integer: `1`, schema.Boolean: `true`}

// sample is a value of the property's kind. Of what has properties itself it is the empty one.
func sample(p *schema.Property) string {
	switch p.Kind {
	case schema.Array:
		if text, ok := samples[p.Item]; ok {
			return "[" + text + "]"
		}
		return "[]"
	case schema.Map:
		if text, ok := samples[p.Item]; ok {
			return `{"k": ` + text + "}"
		}
		return "{}"
	case schema.Object:
		return "{}"
	}
	return samples[p.Kind]
}

// wrongSamples are values that are not of the property's kind.
func wrongSamples(p *schema.Property) []string {
	switch p.Kind {
	case schema.Array:
		return []string{`"a"`, `[[]]`}
	case schema.Map:
		return []string{`"a"`, `{"k": []}`}
	case schema.Integer:
		return []string{`"a"`, `1.5`}
	}
	return []string{`[]`}
}

// passedOver are properties of every resource that Decode leaves alone, whatever they are.
var passedOver = []string{"comments", "dependsOn", "type"}

// TestKnowsTheSchema asks about every property of every type in every api-version: it is taken with a value of its kind, and a value
// of another kind is seen, in the depths that Decode makes nothing of as well.
func TestKnowsTheSchema(t *testing.T) {
	asked := 0
	for _, version := range schema.Versions() {
		for _, p := range places(version) {
			for _, prop := range p.typ.Properties(version) {
				if slices.Contains(p.has, prop.Name) {
					continue
				}
				asked++
				name := version + " " + p.typ.Name + "." + prop.Name
				for _, d := range p.about(prop.Name, p.decode(t, fmt.Sprintf("%q: %s", prop.Name, sample(prop)))) {
					switch d.Code {
					case template.CodeMissingProperty: // the sample is empty
					case template.CodeReadOnly:
						if !prop.ReadOnly {
							t.Errorf("%s: %s", name, d)
						}
					default:
						t.Errorf("%s: %s", name, d)
					}
				}
				if prop.ReadOnly || slices.Contains(passedOver, prop.Name) {
					continue
				}
				for _, wrong := range wrongSamples(prop) {
					list := p.about(prop.Name, p.decode(t, fmt.Sprintf("%q: %s", prop.Name, wrong)))
					if !slices.ContainsFunc(list, func(d diag.Diagnostic) bool {
						return d.Code == template.CodeWrongType && d.Severity == diag.Error
					}) {
						t.Errorf("%s: %s passes: %v", name, wrong, list)
					}
				}
			}
		}
	}
	if t.Logf("%d properties", asked); asked < 800 {
		t.Errorf("%d properties are too few to be all", asked)
	}
}

// TestKnowsNothingElse asks about every name that any type has in any version, in other places, in other versions and in other
// cases: it is reported, as an error where the service is strict.
func TestKnowsNothingElse(t *testing.T) {
	names := []string{"zzz"}
	for _, typ := range schema.Types() {
		for _, version := range schema.Versions() {
			for _, p := range typ.Properties(version) {
				names = append(names, p.Name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	asked := 0
	for _, version := range schema.Versions() {
		for _, p := range places(version) {
			for _, spell := range []func(string) string{strings.Clone, strings.ToUpper} {
				var unknown, members []string
				for _, name := range names {
					name = spell(name)
					_, known := p.typ.Property(version, name)
					if !known && !slices.ContainsFunc(p.has, func(has string) bool { return strings.EqualFold(has, name) }) {
						unknown, members = append(unknown, name), append(members, fmt.Sprintf("%q: 1", name))
					}
				}
				reported := map[string]bool{}
				for _, d := range p.decode(t, strings.Join(members, ", ")) {
					reported[d.Path] = reported[d.Path] || isAboutName(d, version)
				}
				for _, name := range unknown {
					if asked++; !reported[strings.TrimPrefix(p.path+"."+name, ".")] {
						t.Errorf("%s %s.%s passes", version, p.typ.Name, name)
					}
				}
			}
		}
	}
	if t.Logf("%d names", asked); asked < 20000 {
		t.Errorf("%d names are too few to show much", asked)
	}
}

// isAboutName reports whether a finding says that a name does not belong where it is.
func isAboutName(d diag.Diagnostic, version string) bool {
	switch d.Code {
	case template.CodeUnknownProperty, template.CodePropertyCase, template.CodePropertyVersion:
		return (d.Severity == diag.Error) == template.Strict(version)
	case template.CodeNotUsed, template.CodeReadOnly: // what resources have that are no image templates
		return d.Severity == diag.Warning
	}
	return false
}
