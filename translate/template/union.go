package template

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
)

// variants says how the cases of a union are read, by the schema's name of their type. A case without a reader is held against its
// published shape.
type variants[T any] map[string]func(n *armjson.Node, path string) T

// union reads an object by its discriminator. What names it in messages: "customizer"; typ is the union in translate/schema. The
// case of the value always counts. When the value is not known, or nothing is of the object, it is read by unknown, if that is not
// nil. ok is false when the value is none of the union's.
func union[T any](d *decoder, n *armjson.Node, path, what, typ string, read variants[T],
	unknown func(n *armjson.Node, path string) T) (value T, ok bool) {
	if !d.kind(n, path, armjson.Object) {
		return value, false
	}
	t := schema.Lookup(typ)
	asUnknown := func() (T, bool) {
		if unknown == nil {
			return value, false
		}
		return unknown(n, path), true
	}
	if n.Kind == armjson.Unknown {
		return asUnknown()
	}
	by := t.Discriminator
	m, names := n.Member(by), d.names(t)
	if m == nil || m.Value.IsNull() {
		if unknownNames(n) {
			return asUnknown()
		}
		d.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeMissingProperty, Subject: firstCharacter(n), Path: join(path, by),
			Summary: fmt.Sprintf("this %s has no %q", what, by), Fix: diag.KnownNames("", names),
		})
		return value, false
	}
	if !d.kind(m.Value, join(path, by), armjson.String) {
		return value, false
	}
	if m.Value.Kind == armjson.Unknown {
		return asUnknown()
	}
	v := d.variant(t, m.Value.Text)
	if v == nil {
		d.noVariant(t, m.Value, join(path, by), what, names)
		return value, false
	}
	if read[v.Type] == nil {
		d.object(n, path, form{what: fmt.Sprintf("a %s %s", v.Value, what), typ: v.Type})
		return value, false
	}
	return read[v.Type](n, path), true
}

// variant finds a case that the union has, or may have, in the template's version.
func (d *decoder) variant(t *schema.Type, value string) *schema.Variant {
	for _, version := range d.versions() {
		if v, exact := t.Variant(version, value); exact {
			return v
		}
	}
	return nil
}

// noVariant reports a value of the discriminator that the union does not have in the template's version.
func (d *decoder) noVariant(t *schema.Type, given *armjson.Node, path, what string, names []string) {
	f := diag.Diagnostic{
		Severity: diag.Error, Code: CodeUnknownType, Subject: given.Range, Path: path,
		Summary: fmt.Sprintf("unknown %s %q", what, given.Text), Fix: diag.KnownNames(given.Text, names),
	}
	if near := diag.Near(given.Text, names); strings.EqualFold(near, given.Text) {
		f.Why = fmt.Sprintf("upper and lower case count here: %q", near)
		f.Edits = []diag.Edit{rewritten(given.Range, given.Text, near)}
	} else if v := elsewhere(t, given.Text); v != nil {
		when := "from api-version " + v.Since + " on"
		if d.version >= v.Since {
			when = "up to api-version " + v.Until + " only"
		}
		f.Summary = fmt.Sprintf("%s %q is known %s", what, given.Text, when)
		f.Why, f.Fix = "the template is written in api-version "+d.version, diag.KnownNames("", names)
	} else if near != "" {
		f.Edits = []diag.Edit{rewritten(given.Range, given.Text, near)}
	}
	d.list.Add(f)
}

// elsewhere finds the first form of a case that the union has in any version.
func elsewhere(t *schema.Type, value string) *schema.Variant {
	for _, version := range schema.Versions() {
		if v, exact := t.Variant(version, value); exact {
			return v
		}
	}
	return nil
}

func unknownNames(n *armjson.Node) bool {
	for _, m := range n.Members {
		if m.Unknown != nil {
			return true
		}
	}
	return false
}
