package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// variant is one case of a union: what its "type" says, and how the object is read then.
type variant[T any] struct {
	name         string
	since, until string
	read         func(n *armjson.Node, path string) T
}

// union reads an object by its "type". What names it in messages: "customizer". The case of the value always counts. When the type
// is not known, or nothing is of the object, it is read by unknown. ok is false when the type is none.
func union[T any](d *decoder, n *armjson.Node, path, what string, variants []variant[T],
	unknown func(n *armjson.Node, path string) T) (value T, ok bool) {
	if !d.kind(n, path, armjson.Object) {
		return value, false
	}
	if n.Kind == armjson.Unknown {
		return unknown(n, path), true
	}
	m, names := n.Member("type"), variantNames(d, variants)
	if m == nil || m.Value.IsNull() {
		d.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeMissingProperty, Subject: firstCharacter(n), Path: join(path, "type"),
			Summary: fmt.Sprintf("this %s has no \"type\"", what), Fix: diag.KnownNames("", names),
		})
		return value, false
	}
	if !d.kind(m.Value, join(path, "type"), armjson.String) {
		return value, false
	}
	if m.Value.Kind == armjson.Unknown {
		return unknown(n, path), true
	}
	given := m.Value.Text
	i := slices.IndexFunc(variants, func(v variant[T]) bool { return d.isWireName(v.name, given) })
	if i < 0 {
		d.unknownVariant(m.Value, path, what, names)
		return value, false
	}
	v := variants[i]
	if !d.between(v.since, v.until) {
		when := "from api-version " + v.since + " on"
		if d.version >= v.since {
			when = "up to api-version " + v.until + " only"
		}
		d.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeUnknownType, Subject: m.Value.Range, Path: join(path, "type"),
			Summary: fmt.Sprintf("%s %q is known %s", what, given, when),
			Why:     "the template is written in api-version " + d.version,
			Fix:     diag.KnownNames("", names),
		})
		return value, false
	}
	return v.read(n, path), true
}

func (d *decoder) unknownVariant(given *armjson.Node, path, what string, names []string) {
	why := ""
	if near := diag.Near(given.Text, names); strings.EqualFold(near, given.Text) {
		why = fmt.Sprintf("upper and lower case count here: %q", near)
	}
	d.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeUnknownType, Subject: given.Range, Path: join(path, "type"),
		Summary: fmt.Sprintf("unknown %s %q", what, given.Text), Why: why, Fix: diag.KnownNames(given.Text, names),
	})
}

// variantNames lists the variants of the template's api-version.
func variantNames[T any](d *decoder, variants []variant[T]) []string {
	var names []string
	for _, v := range variants {
		if !d.between(v.since, v.until) {
			continue
		}
		if d.version == v20180201 {
			names = append(names, oldestName(v.name))
		} else {
			names = append(names, v.name)
		}
	}
	return names
}

// isWireName reports whether given is what "type" says for a variant in the template's api-version.
func (d *decoder) isWireName(name, given string) bool {
	switch d.version {
	case "":
		return given == name || given == oldestName(name)
	case v20180201:
		return given == oldestName(name)
	default:
		return given == name
	}
}

// oldestName is the name of a variant in the first api-version: it wrote customizers and distributors with a small letter, but
// not the sources, whose names did not change.
func oldestName(name string) string {
	switch name {
	case "Shell", "ManagedImage", "SharedImage":
		return strings.ToLower(name[:1]) + name[1:]
	default:
		return name
	}
}
