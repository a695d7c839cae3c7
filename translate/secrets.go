package translate

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// Secrets finds the values of secure parameters in the texts of templates and parameter files, so that a view can show the lines
// around a finding without them. It looks at names alone: whatever is given to a parameter "x" anywhere counts, as soon as one
// template declares a secure parameter "x".
func Secrets(files []Source) []diag.Range {
	var roots []*armjson.Node
	names := map[string]bool{}
	for _, f := range files {
		if n, _ := armjson.Parse(f.File, f.Data); n != nil {
			roots = append(roots, n)
			secureNames(n, names)
		}
	}
	var found []diag.Range
	if len(names) == 0 {
		return nil
	}
	for _, n := range roots {
		secretsIn(n, names, &found)
	}
	return found
}

// secureNames collects the names of secure parameters, at any depth of nesting.
func secureNames(n *armjson.Node, names map[string]bool) {
	for _, item := range n.Items {
		secureNames(item, names)
	}
	for _, m := range n.Members {
		if t := m.Value.Get("type"); t != nil && (strings.EqualFold(t.Text, "securestring") || strings.EqualFold(t.Text, "secureobject")) {
			names[strings.ToLower(m.Key)] = true
		}
		secureNames(m.Value, names)
	}
}

// secretsIn collects the places of values that are given to such names: {"name": {"value": …}}, {"name": {"defaultValue": …}}.
func secretsIn(n *armjson.Node, names map[string]bool, found *[]diag.Range) {
	for _, item := range n.Items {
		secretsIn(item, names, found)
	}
	for _, m := range n.Members {
		if names[strings.ToLower(m.Key)] {
			for _, at := range []string{"value", "defaultValue"} {
				if v := m.Value.Get(at); v != nil && !(v.Kind == armjson.String && armexpr.IsExpression(v.Text)) {
					*found = append(*found, v.Range)
				}
			}
		}
		secretsIn(m.Value, names, found)
	}
}

// Mask returns a copy of a file's text with the given places in it made unreadable. Every other byte stays where it was, so that
// places in the file still hold.
func Mask(file string, text []byte, secrets []diag.Range) []byte {
	text = slices.Clone(text)
	for _, r := range secrets {
		if r.File != file || r.Start.Byte < 0 || r.End.Byte > len(text) {
			continue
		}
		hidden := strings.Map(func(c rune) rune {
			switch { // a character of as many bytes
			case c == '\n' || c == '\r':
				return c
			case c < 0x80:
				return '*'
			case c < 0x800:
				return '·'
			case c < 0x10000:
				return '•'
			default:
				return '🔒'
			}
		}, string(text[r.Start.Byte:r.End.Byte]))
		copy(text[r.Start.Byte:r.End.Byte], hidden)
	}
	return text
}
