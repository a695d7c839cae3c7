package template

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// This file makes the edits of findings, where there is one right answer. Decode does not see the text: what an edit expects there, it
// says, so that nothing is written over an expression.

// rewritten puts another string where one is written.
func rewritten(at diag.Range, old, text string) diag.Edit {
	return diag.Edit{Range: at, Old: quoted(old), Text: quoted(text)}
}

// renamed gives a member of n another name, unless there is one of that name already.
func renamed(n *armjson.Node, m armjson.Member, name string) []diag.Edit {
	if n.Get(name) != nil {
		return nil
	}
	return []diag.Edit{rewritten(m.KeyRange, m.Key, name)}
}

// removed takes a member out.
func removed(m armjson.Member) []diag.Edit {
	from, to := m.KeyRange, m.Value.Range
	if from.File != to.File || to.Start.Byte < from.End.Byte {
		return nil
	}
	return []diag.Edit{{Range: diag.Range{File: from.File, Start: from.Start, End: to.End}, Entry: true}}
}

// retyped writes a value as one of another JSON type, where it reads as one: "5" as 5, and the other way round.
func retyped(n *armjson.Node, wanted armjson.Kind) []diag.Edit {
	switch {
	case n.Kind == armjson.String && (wanted == armjson.Number || wanted == armjson.Bool):
		if v, list := armjson.Parse("", []byte(n.Text)); len(list) == 0 && v != nil && v.Kind == wanted {
			return []diag.Edit{{Range: n.Range, Old: quoted(n.Text), Text: n.Text}}
		}
	case wanted == armjson.String && (n.Kind == armjson.Number || n.Kind == armjson.Bool):
		return []diag.Edit{{Range: n.Range, Old: n.JSON(), Text: quoted(n.JSON())}}
	}
	return nil
}

func quoted(s string) string {
	var b strings.Builder
	armjson.WriteString(&b, s)
	return b.String()
}
