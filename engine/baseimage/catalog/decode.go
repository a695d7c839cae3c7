package catalog

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/ingot-build/ingot/translate/diag"
)

// decoder walks hujson's values, which keep their places, and gathers faults.
type decoder struct {
	file   string
	text   []byte
	faults []error
}

func (d *decoder) fault(at diag.Range, format string, args ...any) {
	d.faults = append(d.faults, &Error{Range: at, Text: fmt.Sprintf(format, args...)})
}

func (d *decoder) rangeOf(v *hujson.Value) diag.Range {
	return diag.Range{File: d.file, Start: d.pos(v.StartOffset), End: d.pos(v.EndOffset)}
}

func (d *decoder) pos(offset int) diag.Pos {
	before := d.text[:offset]
	line := bytes.LastIndexByte(before, '\n') + 1
	return diag.Pos{Line: bytes.Count(before, []byte{'\n'}) + 1, Column: utf8.RuneCount(before[line:]) + 1, Byte: offset}
}

// object hands each member to its function. An unknown or repeated key is a fault; so is a value that is no object, and then
// the result is false.
func (d *decoder) object(v *hujson.Value, what string, fields map[string]func(*hujson.Value)) bool {
	known := make([]string, 0, len(fields))
	for name := range fields {
		known = append(known, name)
	}
	return d.members(v, what, func(key text, v *hujson.Value) {
		if f, ok := fields[key.value]; ok {
			f(v)
			return
		}
		d.fault(key.at, "%s has no %q; %s", what, key.value, diag.KnownNames(key.value, known))
	})
}

func (d *decoder) members(v *hujson.Value, what string, member func(key text, v *hujson.Value)) bool {
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		d.fault(d.rangeOf(v), "%s must be an object in braces, not %s", what, kind(v))
		return false
	}
	var seen []string
	for i := range o.Members {
		m := &o.Members[i]
		key := text{value: m.Name.Value.(hujson.Literal).String(), at: d.rangeOf(&m.Name)}
		if slices.Contains(seen, key.value) {
			d.fault(key.at, "%q is here twice", key.value)
			continue
		}
		seen = append(seen, key.value)
		member(key, &m.Value)
	}
	return true
}

func (d *decoder) array(v *hujson.Value, what string, element func(*hujson.Value)) {
	a, ok := v.Value.(*hujson.Array)
	if !ok {
		d.fault(d.rangeOf(v), "%q must be a list in brackets, not %s", what, kind(v))
		return
	}
	for i := range a.Elements {
		element(&a.Elements[i])
	}
}

// string gives a function that stores a string and its place.
func (d *decoder) string(to *text) func(*hujson.Value) {
	return func(v *hujson.Value) {
		to.at = d.rangeOf(v)
		l, ok := v.Value.(hujson.Literal)
		if !ok || l.Kind() != '"' {
			d.fault(to.at, "want a string, not %s", kind(v))
			return
		}
		to.value = l.String()
	}
}

// kind names a value for a message.
func kind(v *hujson.Value) string {
	switch l := v.Value.(type) {
	case *hujson.Object:
		return "an object"
	case *hujson.Array:
		return "a list"
	case hujson.Literal:
		if l.Kind() == '"' {
			return "the string " + strconv.Quote(l.String())
		}
		return string(l)
	default:
		panic(fmt.Sprintf("catalog: hujson has a new kind of value: %T", l))
	}
}
