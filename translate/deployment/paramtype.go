package deployment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// parameterType is a declared type; its name ignores case.
type parameterType struct {
	name   string
	kind   armjson.Kind
	secure bool // the value must not be shown
}

func (t parameterType) article() string {
	if t.kind == armjson.Number {
		return "a whole number"
	}
	return t.kind.String()
}

var parameterTypes = []parameterType{
	{name: "string", kind: armjson.String},
	{name: "securestring", kind: armjson.String, secure: true},
	{name: "int", kind: armjson.Number},
	{name: "bool", kind: armjson.Bool},
	{name: "object", kind: armjson.Object},
	{name: "secureObject", kind: armjson.Object, secure: true},
	{name: "array", kind: armjson.Array},
}

// parameterType reads the declared type and reports what is wrong with it.
func (e *evaluator) parameterType(decl *armjson.Member, path string) (parameterType, bool) {
	if ref := decl.Value.Member("$ref"); ref != nil {
		e.report(CodeNotCovered, ref.KeyRange, path, "types by reference ($ref) are not covered yet", "", "")
		return parameterType{}, false
	}
	names := make([]string, len(parameterTypes))
	for i, t := range parameterTypes {
		if names[i] = t.name; strings.EqualFold(t.name, textOf(decl.Value.Get("type"))) {
			return t, true
		}
	}
	switch typ := decl.Value.Get("type"); {
	case typ == nil:
		e.report(CodeDeclaration, decl.KeyRange, path, fmt.Sprintf("parameter %q has no type", decl.Key), "",
			diag.KnownNames("", names))
	default:
		e.report(CodeDeclaration, typ.Range, path+".type", fmt.Sprintf("parameter %q is of an unknown type", decl.Key), "",
			diag.KnownNames(textOf(typ), names))
	}
	return parameterType{}, false
}

// fits reports a value that the declaration does not allow. Types are strict: "5" is no int. The default is bound as well.
func (e *evaluator) fits(v *armjson.Node, decl *armjson.Member, typ parameterType, path string) bool {
	bad := func(summary, why, fix string) bool {
		e.report(CodeBadParameter, v.Range, path, summary, why, fix)
		return false
	}
	if v.Kind != typ.kind || v.Kind == armjson.Number && !wholeNumber(v.Text) {
		return bad(fmt.Sprintf("parameter %q is %s where %s is wanted", decl.Key, v.Kind, typ.article()),
			fmt.Sprintf("it is declared as %q", typ.name), "")
	}
	if allowed := decl.Value.Get("allowedValues"); allowed != nil && allowed.Kind == armjson.Array && !allows(allowed.Items, v) {
		var texts []string
		for _, a := range allowed.Items {
			texts = append(texts, a.Text)
		}
		given := fmt.Sprintf("%q", v.Text)
		if typ.secure || v.Kind == armjson.Array || v.Kind == armjson.Object {
			given = "its value"
		}
		return bad(fmt.Sprintf("parameter %q does not allow %s", decl.Key, given), "", diag.KnownNames(v.Text, texts))
	}
	for _, limit := range []struct {
		name string
		ok   func(have, want int64) bool
		of   func(*armjson.Node) (int64, bool)
	}{
		{"minValue", atLeast, number}, {"maxValue", atMost, number},
		{"minLength", atLeast, length}, {"maxLength", atMost, length},
	} {
		want, set := number(decl.Value.Get(limit.name))
		have, applies := limit.of(v)
		if set && applies && !limit.ok(have, want) {
			return bad(fmt.Sprintf("parameter %q is outside of its limits", decl.Key),
				fmt.Sprintf("%s is %d, and it has %d", limit.name, want, have), "")
		}
	}
	return true
}

// allows reports whether v is among the allowed values; for an array, whether all its elements are.
func allows(allowed []*armjson.Node, v *armjson.Node) bool {
	if slices.ContainsFunc(allowed, func(a *armjson.Node) bool { return same(a, v) }) {
		return true
	}
	return v.Kind == armjson.Array && !slices.ContainsFunc(v.Items, func(item *armjson.Node) bool {
		return !slices.ContainsFunc(allowed, func(a *armjson.Node) bool { return same(a, item) })
	})
}

// same compares two values deeply, wherever they were written. The order of properties does not count.
func same(a, b *armjson.Node) bool {
	if a.Kind != b.Kind || a.Text != b.Text || a.Bool != b.Bool || len(a.Items) != len(b.Items) || len(a.Members) != len(b.Members) {
		return false
	}
	for i := range a.Items {
		if !same(a.Items[i], b.Items[i]) {
			return false
		}
	}
	for _, m := range a.Members {
		other := b.Get(m.Key)
		if other == nil || !same(m.Value, other) {
			return false
		}
	}
	return true
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

func atLeast(have, want int64) bool { return have >= want }
func atMost(have, want int64) bool  { return have <= want }
