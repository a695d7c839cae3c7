package view

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/template"
)

// Values writes evaluated JSON for people and programs to read: what is not known yet is the text of its expression in brackets.
// Control characters are escaped as JSON has it, so the text is safe on a terminal too.
func Values(w io.Writer, n *armjson.Node) error {
	var b strings.Builder
	writeValue(&b, n, "\n")
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// writeValue writes n behind what stands on the line already; newline starts a line at the depth of n.
func writeValue(b *strings.Builder, n *armjson.Node, newline string) {
	inside := newline + "  "
	switch {
	case n.Kind == armjson.Array && len(n.Items) > 0:
		for i, item := range n.Items {
			b.WriteString(opener(i, "[") + inside)
			writeValue(b, item, inside)
		}
		b.WriteString(newline + "]")
	case n.Kind == armjson.Object && len(n.Members) > 0:
		for i := range n.Members {
			b.WriteString(opener(i, "{") + inside)
			armjson.WriteString(b, n.Members[i].Key)
			b.WriteString(": ")
			writeValue(b, n.Members[i].Value, inside)
		}
		b.WriteString(newline + "}")
	default:
		b.WriteString(n.JSON())
	}
}

// opener is what stands before element i.
func opener(i int, bracket string) string {
	if i == 0 {
		return bracket
	}
	return ","
}

// Unknown is a value that is not known before the deployment.
type Unknown struct {
	Path       string `json:"path"`       // resources[0].properties.source.imageId
	Expression string `json:"expression"` // what gives it, evaluated as far as it can be: reference('…').x
	Why        string `json:"why"`
	Fix        string `json:"fix,omitempty"` // what would supply it; "" when nothing can
}

// FindUnknowns lists what is not known in a value that stands at path, in the order of the text. The result is never nil.
func FindUnknowns(n *armjson.Node, path string) []Unknown {
	list := []Unknown{}
	for _, u := range template.Unknowns(n, path) {
		list = append(list, Unknown{u.Path, u.Missing.Form, u.Missing.Why, u.Missing.Fix})
	}
	return list
}

// Unknowns tells a person which values are not known, those of one cause together.
func Unknowns(w io.Writer, p Palette, list []Unknown) error {
	var b strings.Builder
	writeUnknowns(&b, p, "", list)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeUnknowns writes the list behind the text of who it is about. An empty list is not mentioned.
func writeUnknowns(b *strings.Builder, p Palette, who string, list []Unknown) {
	if len(list) == 0 {
		return
	}
	title := "1 value is not known before the deployment"
	if len(list) > 1 {
		title = fmt.Sprintf("%d values are not known before the deployment", len(list))
	}
	b.WriteString(p.Bold(who+title) + "\n")
	for len(list) > 0 {
		first := list[0]
		var paths []string
		list = slices.DeleteFunc(slices.Clone(list), func(u Unknown) bool {
			same := u.Why == first.Why && u.Fix == first.Fix
			if same {
				paths = append(paths, u.Path)
			}
			return same
		})
		part(b, p, "at", strings.Join(paths, "\n"))
		part(b, p, "why", first.Why)
		part(b, p, "fix", first.Fix)
	}
}
