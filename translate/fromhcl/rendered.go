package fromhcl

import (
	"fmt"
	"strings"
	"text/template/parse"

	"github.com/hashicorp/hcl/v2"
)

// rendered is what Packer makes of a string of a component: it takes it for a Go template. Such a string holds two opening braces as
// a constant, {{`{{`}}; where it asks for what only a build knows, it stays as it is, and a finding says so.
func (m *importing) rendered(t text, r hcl.Range) text {
	if t.expr != "" || !strings.Contains(t.literal, "{{") {
		return t
	}
	if s, ok := constant(t.literal); ok {
		return text{literal: s}
	}
	m.other(r, fmt.Sprintf("%q is a template of Packer's", t.literal), "the service takes it as it is written", "write the value in its place")
	return t
}

// constant renders a Go template of which every action is a string. ok is false for any other.
func constant(s string) (rendered string, ok bool) {
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(s, "", "", map[string]*parse.Tree{}); err != nil {
		return "", false
	}
	var b strings.Builder
	for _, n := range tree.Root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			b.Write(n.Text)
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
				return "", false
			}
			word, ok := n.Pipe.Cmds[0].Args[0].(*parse.StringNode)
			if !ok {
				return "", false
			}
			b.WriteString(word.Text)
		default:
			return "", false
		}
	}
	return b.String(), true
}
