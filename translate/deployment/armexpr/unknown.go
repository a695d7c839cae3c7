package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// maxForm bounds the text that an unknown value shows for itself; it is there to be read, and it is copied by every
// step.
const maxForm = 2000

// unknownFrom makes an unknown value of the given kind (0 when that is not known either) from the first unknown among
// its causes, or inside them.
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
	writeList(&b, name, len(args), func(i int) { writeForm(&b, args[i]) })
	return shortForm(b.String())
}

func shortForm(s string) string {
	if len(s) > maxForm {
		return strings.ToValidUTF8(s[:maxForm], "") + "…"
	}
	return s
}

// form is the text of an expression that has the value n; one that is longer than maxForm is not complete.
func form(n *armjson.Node) string {
	var b strings.Builder
	writeForm(&b, n)
	return b.String()
}

// writeList writes name(…) with so many items. Once the text is full it stops: the rest would be cut.
func writeList(b *strings.Builder, name string, count int, item func(i int)) {
	b.WriteString(name + "(")
	for i := range count {
		if b.Len() > maxForm {
			return
		}
		if i > 0 {
			b.WriteString(", ")
		}
		item(i)
	}
	b.WriteByte(')')
}

func writeForm(b *strings.Builder, n *armjson.Node) {
	switch n.Kind {
	case armjson.Null:
		b.WriteString("null()")
	case armjson.Bool:
		b.WriteString(strings.ToLower(textForm(n)) + "()")
	case armjson.Number:
		writeSome(b, n.Text)
	case armjson.String:
		writeText(b, n.Text)
	case armjson.Array:
		writeList(b, "createArray", len(n.Items), func(i int) { writeForm(b, n.Items[i]) })
	case armjson.Object:
		writeList(b, "createObject", len(n.Members), func(i int) {
			writeText(b, n.Members[i].Key)
			b.WriteString(", ")
			writeForm(b, n.Members[i].Value)
		})
	case armjson.Unknown:
		writeSome(b, n.Unknown.Form)
	default:
		panic("armexpr: value without a kind")
	}
}

// writeSome writes as much of a text as can be shown, and a little more: so the whole is seen to be too long.
func writeSome(b *strings.Builder, s string) {
	b.WriteString(s[:min(len(s), maxForm+1)])
}

// writeText writes a text in quotes.
func writeText(b *strings.Builder, s string) {
	if len(s) > maxForm {
		b.WriteByte('\'')
		writeSome(b, s)
		return
	}
	b.WriteString(quoted(s))
}

// quoted is a text as an expression writes it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
