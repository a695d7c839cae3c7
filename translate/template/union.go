package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// variant is one case of a union: what its "type" says, and how the object is read then.
type variant struct {
	name         string
	since, until string
	read         reader
}

// union reads an object by its "type". What names it in messages: "customizer". The case of the value always counts.
func (d *decoder) union(n *armjson.Node, path, what string, variants []variant) {
	if !d.kind(n, path, armjson.Object) {
		return
	}
	m := n.Member("type")
	if m == nil || m.Value.IsNull() {
		d.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeMissingProperty, Subject: firstCharacter(n), Path: join(path, "type"),
			Summary: fmt.Sprintf("this %s has no \"type\"", what), Fix: diag.KnownNames("", d.names(variants)),
		})
		return
	}
	if !d.kind(m.Value, join(path, "type"), armjson.String) {
		return
	}
	given := m.Value.Text
	i := slices.IndexFunc(variants, func(v variant) bool { return d.wireName(v) == given })
	if i < 0 {
		d.unknownVariant(m.Value, path, what, variants)
		return
	}
	v := variants[i]
	if d.version < v.since || v.until != "" && d.version > v.until {
		when := "from api-version " + v.since + " on"
		if d.version >= v.since {
			when = "up to api-version " + v.until + " only"
		}
		d.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeUnknownType, Subject: m.Value.Range, Path: join(path, "type"),
			Summary: fmt.Sprintf("%s %q is known %s", what, given, when),
			Why:     "the template is written in api-version " + d.version,
			Fix:     diag.KnownNames("", d.names(variants)),
		})
		return
	}
	v.read(n, path)
}

func (d *decoder) unknownVariant(given *armjson.Node, path, what string, variants []variant) {
	names := d.names(variants)
	why := ""
	if near := diag.Near(given.Text, names); strings.EqualFold(near, given.Text) {
		why = fmt.Sprintf("upper and lower case count here: %q", near)
	}
	d.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeUnknownType, Subject: given.Range, Path: join(path, "type"),
		Summary: fmt.Sprintf("unknown %s %q", what, given.Text), Why: why, Fix: diag.KnownNames(given.Text, names),
	})
}

// names lists the variants of the template's api-version.
func (d *decoder) names(variants []variant) []string {
	var names []string
	for _, v := range variants {
		if d.version >= v.since && (v.until == "" || d.version <= v.until) {
			names = append(names, d.wireName(v))
		}
	}
	return names
}

// wireName is what "type" says in the template's api-version: the first one wrote customizers and distributors with a small
// letter, but not the sources, whose names did not change.
func (d *decoder) wireName(v variant) string {
	switch {
	case d.version != v20180201:
		return v.name
	case v.name == "Shell", v.name == "ManagedImage", v.name == "SharedImage":
		return strings.ToLower(v.name[:1]) + v.name[1:]
	default:
		return v.name
	}
}
