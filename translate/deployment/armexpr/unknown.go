package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// maxForm bounds the text that an unknown value shows for itself; it is there to be read, and it is copied by every step.
const maxForm = 2000

// unknownFrom makes an unknown value of the given kind (0 when that is not known either) from the first unknown among its causes,
// or inside them.
func unknownFrom(kind armjson.Kind, form string, causes ...*armjson.Node) *armjson.Node {
	m := armjson.Missing{Kind: kind, Form: shortForm(form)}
	for _, c := range causes {
		if u := firstUnknown(c); u != nil {
			m.Why, m.Fix, m.At = u.Unknown.Why, u.Unknown.Fix, u.Unknown.At
			break
		}
	}
	return armjson.NewUnknown(m)
}

// firstUnknown finds the first unknown value at or below n; nil if there is none.
func firstUnknown(n *armjson.Node) *armjson.Node {
	if n == nil || !n.HasUnknown() || n.Kind == armjson.Unknown {
		if n != nil && n.Kind == armjson.Unknown {
			return n
		}
		return nil
	}
	for _, item := range n.Items {
		if u := firstUnknown(item); u != nil {
			return u
		}
	}
	for i := range n.Members {
		if name := n.Members[i].Unknown; name != nil {
			return armjson.NewUnknown(*name)
		}
		if u := firstUnknown(n.Members[i].Value); u != nil {
			return u
		}
	}
	return nil
}

// callForm is the text of a call with evaluated arguments.
func callForm(name string, args []*armjson.Node) string {
	var b strings.Builder
	b.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		writeForm(&b, a)
	}
	b.WriteByte(')')
	return shortForm(b.String())
}

func shortForm(s string) string {
	if len(s) > maxForm {
		return strings.ToValidUTF8(s[:maxForm], "") + "…"
	}
	return s
}

// form is the text of an expression that has the value n.
func form(n *armjson.Node) string {
	var b strings.Builder
	writeForm(&b, n)
	return b.String()
}

func writeForm(b *strings.Builder, n *armjson.Node) {
	if b.Len() > maxForm {
		return // it will be cut anyway
	}
	list := func(name string, count int, item func(i int)) {
		b.WriteString(name + "(")
		for i := range count {
			if i > 0 {
				b.WriteString(", ")
			}
			item(i)
		}
		b.WriteByte(')')
	}
	switch n.Kind {
	case armjson.Null:
		b.WriteString("null()")
	case armjson.Bool:
		b.WriteString(strings.ToLower(textForm(n)) + "()")
	case armjson.Number:
		b.WriteString(n.Text)
	case armjson.String:
		b.WriteString(quoted(n.Text))
	case armjson.Array:
		list("createArray", len(n.Items), func(i int) { writeForm(b, n.Items[i]) })
	case armjson.Object:
		list("createObject", len(n.Members), func(i int) {
			b.WriteString(quoted(n.Members[i].Key) + ", ")
			writeForm(b, n.Members[i].Value)
		})
	case armjson.Unknown:
		b.WriteString(n.Unknown.Form)
	default:
		panic("armexpr: value without a kind")
	}
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
