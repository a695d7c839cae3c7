package deployment

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// mismatch is what a declaration does not allow about a value, or a part of it.
type mismatch struct {
	at                *armjson.Node
	summary, why, fix string
}

// mismatch compares a value with its declaration; nil means that it fits, as far as it is known. Types are strict: "5"
// is no int. what names the value: parameter "a".
func (s *scope) mismatch(v, decl *armjson.Node, what string) *mismatch {
	if v.Kind == armjson.Unknown {
		return s.mismatchUnknown(v, decl, what)
	}
	if v.Kind == armjson.Null {
		if s.nullable(decl) {
			return nil
		}
		if typ, named := s.typeOf(decl); named {
			return &mismatch{v, fmt.Sprintf("%s is null where %s is wanted", what, typ.article()),
				fmt.Sprintf("it is declared as %q", typ.name), ""}
		}
	}
	if err := s.x.budget.Step(); err != nil {
		place := cmp.Or(v.Range, decl.Range)
		_ = s.x.overBudget(place, err)
		return &mismatch{v, err.Summary, err.Why, err.Fix} // what is reported from now on is dropped
	}
	if ref := decl.Get("$ref"); ref != nil {
		if target := s.referred(textOf(ref)); target != nil && s.definition(decl) != nil {
			if bad := s.mismatch(v, target, what); bad != nil {
				return bad
			}
		}
	}
	typ, named := typeNamed(textOf(decl.Get("type")))
	if typ.secure {
		s.x.secrets++
		defer func() { s.x.secrets-- }()
	}
	if named && (v.Kind != typ.kind || v.Kind == armjson.Number && !wholeNumber(v.Text)) {
		return &mismatch{v, fmt.Sprintf("%s is %s where %s is wanted", what, v.Kind, typ.article()),
			fmt.Sprintf("it is declared as %q", typ.name), ""}
	}
	if bad := s.notAllowed(v, decl, what); bad != nil {
		return bad
	}
	if bad := s.outsideLimits(v, decl, what); bad != nil {
		return bad
	}
	switch v.Kind {
	case armjson.Array:
		return s.mismatchItems(v, decl, what)
	case armjson.Object:
		return s.mismatchMembers(v, decl, what, "")
	default:
		return nil
	}
}

// mismatchUnknown judges what is known of an unknown value: the type it will have.
func (s *scope) mismatchUnknown(v, decl *armjson.Node, what string) *mismatch {
	typ, named := s.typeOf(decl)
	if k := v.Unknown.Kind; named && k != 0 && k != armjson.Null && k != typ.kind {
		return &mismatch{v, fmt.Sprintf("%s is %s where %s is wanted", what, k, typ.article()),
			fmt.Sprintf("it is declared as %q", typ.name), ""}
	}
	return nil
}

// nullable reports whether null is among the values of a declaration.
func (s *scope) nullable(decl *armjson.Node) bool {
	for range 100 {
		if n := decl.Get("nullable"); n != nil {
			return n.Bool
		}
		ref := decl.Get("$ref")
		if ref == nil {
			return false
		}
		decl = s.referred(textOf(ref))
	}
	return false
}

func (s *scope) notAllowed(v, decl *armjson.Node, what string) *mismatch {
	allowed := decl.Get("allowedValues")
	if allowed == nil || allowed.Kind != armjson.Array || v.HasUnknown() {
		return nil
	}
	const perStep = 256 // bytes compared
	s.x.budget.Spend((allowed.Weight() + int64(len(allowed.Items))*v.Weight()) / perStep)
	if allows(allowed.Items, v) {
		return nil
	}
	s.x.budget.Spend(nearCost * int64(len(allowed.Items)))
	var texts []string
	for _, a := range allowed.Items {
		texts = append(texts, plain(a))
	}
	given := fmt.Sprintf("%q", shorten(v.Text))
	if s.x.secrets > 0 || v.Kind == armjson.Array || v.Kind == armjson.Object {
		given = "its value"
	}
	return &mismatch{v, fmt.Sprintf("%s does not allow %s", what, given), "", diag.KnownNames(v.Text, texts)}
}

// allows reports whether v is among the allowed values; for an array, whether all its elements are.
func allows(allowed []*armjson.Node, v *armjson.Node) bool {
	is := func(v *armjson.Node) bool {
		return slices.ContainsFunc(allowed, func(a *armjson.Node) bool { return armexpr.Equal(a, v) })
	}
	return is(v) || v.Kind == armjson.Array &&
		!slices.ContainsFunc(v.Items, func(item *armjson.Node) bool { return !is(item) })
}

// outsideLimits checks minValue, maxValue, minLength and maxLength.
func (s *scope) outsideLimits(v, decl *armjson.Node, what string) *mismatch {
	for _, limit := range []struct {
		name string
		low  bool
		of   func(*armjson.Node) (int64, bool)
	}{
		{"minValue", true, number}, {"maxValue", false, number}, {"minLength", true, length},
		{"maxLength", false, length},
	} {
		want, set := number(decl.Get(limit.name))
		if !set {
			continue
		}
		s.x.budget.Spend(int64(len(v.Text)) / 64) // characters are counted
		if have, applies := limit.of(v); applies && (limit.low && have < want || !limit.low && have > want) {
			return &mismatch{v, what + " is outside of its limits",
				fmt.Sprintf("%s is %d, and it has %d", limit.name, want, have), ""}
		}
	}
	return nil
}

// mismatchItems checks the elements of an array: the first ones by prefixItems, the others by items.
func (s *scope) mismatchItems(v, decl *armjson.Node, what string) *mismatch {
	var prefix []*armjson.Node
	if n := decl.Get("prefixItems"); n != nil {
		prefix = n.Items
	}
	for i, item := range prefix {
		switch {
		case i >= len(v.Items) && s.nullable(item):
		case i >= len(v.Items):
			return &mismatch{v, fmt.Sprintf("%s has %d elements", what, len(v.Items)),
				fmt.Sprintf("it is declared with %d", len(prefix)), ""}
		default:
			if bad := s.mismatch(v.Items[i], item, inside(fmt.Sprintf("element %d", i), what)); bad != nil {
				return bad.inside(v)
			}
		}
	}
	rest := decl.Get("items")
	if rest == nil || len(v.Items) <= len(prefix) {
		return nil
	}
	if rest.Kind == armjson.Bool {
		if rest.Bool {
			return nil
		}
		return &mismatch{v, fmt.Sprintf("%s has %d elements", what, len(v.Items)),
			fmt.Sprintf("it is declared with %d and no more", len(prefix)), ""}
	}
	for i := len(prefix); i < len(v.Items); i++ {
		if bad := s.mismatch(v.Items[i], rest, inside(fmt.Sprintf("element %d", i), what)); bad != nil {
			return bad.inside(v)
		}
	}
	return nil
}

// mismatchMembers checks the properties of an object. tag is a property that was checked already: the one that chose a
// variant.
func (s *scope) mismatchMembers(v, decl *armjson.Node, what, tag string) *mismatch {
	if d := decl.Get("discriminator"); d != nil {
		return s.mismatchVariant(v, d, what)
	}
	if ref := decl.Get("$ref"); ref != nil && tag != "" {
		if target := s.definition(decl); target != nil {
			return s.mismatchMembers(v, target, what, tag)
		}
	}
	declared := decl.Get("properties")
	s.spendOnMembers(declared, v)
	s.spendOnMembers(decl.Get("additionalProperties"), v)
	if declared != nil {
		for _, p := range declared.Members {
			given := v.Get(p.Key)
			switch {
			case given == nil && s.nullable(p.Value), strings.EqualFold(p.Key, tag):
			case given == nil:
				return &mismatch{v, fmt.Sprintf("%s has no property %q", what, short(p.Key)), "its type asks for it",
					""}
			default:
				if bad := s.mismatch(given, p.Value, inside(fmt.Sprintf("%q", short(p.Key)), what)); bad != nil {
					return bad.inside(v)
				}
			}
		}
	}
	more := decl.Get("additionalProperties")
	if more == nil || more.Kind == armjson.Bool && more.Bool {
		return nil
	}
	for _, m := range v.Members {
		if strings.EqualFold(m.Key, tag) || declared.Get(m.Key) != nil {
			continue
		}
		if more.Kind == armjson.Bool {
			var names []string
			if declared != nil {
				for _, p := range declared.Members {
					names = append(names, p.Key)
				}
			}
			return &mismatch{v, fmt.Sprintf("%s has a property %q that its type does not have", what, short(m.Key)), "",
				diag.KnownNames(m.Key, names)}
		}
		if bad := s.mismatch(m.Value, more, inside(fmt.Sprintf("%q", short(m.Key)), what)); bad != nil {
			return bad.inside(v)
		}
	}
	return nil
}

// spendOnMembers counts the looking up of the members of two objects in each other.
func (s *scope) spendOnMembers(declared, v *armjson.Node) {
	const perStep = 16 // names compared
	if declared != nil {
		s.x.budget.Spend(int64(len(declared.Members)+1) * int64(len(v.Members)+1) / perStep)
	}
}

// mismatchVariant checks an object by the one of several types that a property of it names.
func (s *scope) mismatchVariant(v, d *armjson.Node, what string) *mismatch {
	tag := textOf(d.Get("propertyName"))
	chosen := v.Get(tag)
	switch {
	case chosen == nil:
		return &mismatch{v, fmt.Sprintf("%s has no property %q", what, short(tag)),
			"it says which type the object is of", ""}
	case chosen.Kind == armjson.Unknown:
		return nil
	}
	var variant *armjson.Node
	var names []string
	if mapping := d.Get("mapping"); mapping != nil {
		for _, m := range mapping.Members {
			names = append(names, m.Key)
			if chosen.Kind == armjson.String && m.Key == chosen.Text {
				variant = m.Value
			}
		}
	}
	if variant == nil {
		return (&mismatch{chosen, fmt.Sprintf("%q of %s is none of its types", short(tag), what), "",
			diag.KnownNames(chosen.Text, names)}).inside(v)
	}
	return s.mismatchMembers(v, variant, what, tag)
}

// inside names a part of a value. Only the ends of a long way are spelled out.
func inside(part, what string) string {
	const of, most = " of ", 4
	if strings.Count(what, of) > most {
		what = "…" + what[strings.LastIndex(what, of):]
	}
	return part + of + what
}

// inside gives a mismatch the place of the value around it when the part has none of its own.
func (m *mismatch) inside(v *armjson.Node) *mismatch {
	if m.at.Range.IsZero() {
		m.at = v
	}
	return m
}

func wholeNumber(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

func number(n *armjson.Node) (int64, bool) {
	if n == nil || n.Kind != armjson.Number {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Text, 10, 64)
	return v, err == nil
}

// length is the number of UTF-16 code units of a text, as the service counts, or of the elements of an array.
func length(n *armjson.Node) (int64, bool) {
	switch n.Kind {
	case armjson.String:
		return int64(len(utf16.Encode([]rune(n.Text)))), true
	case armjson.Array:
		return int64(len(n.Items)), true
	default:
		return 0, false
	}
}

// shorten keeps a value quotable in a message, and short a name.
func shorten(text string) string { return cut(text, 40) }

func short(name string) string { return cut(name, 200) }

// cut gives at most so many characters of a text, which may be megabytes.
func cut(text string, most int) string {
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
