package armjson

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// afterEnd looks for text behind the document.
func (p *parser) afterEnd(root *Node) {
	p.space()
	if p.stopped || p.atEnd() || root.Kind == String && p.errors > 0 { // then the start was no JSON either
		return
	}
	rest := p.pos.Byte
	for rest < len(p.src) && strings.IndexByte(" \t\r\n,]}", p.src[rest]) >= 0 {
		rest++
	}
	var notes []diag.Note
	if p.surplus != nil {
		notes = []diag.Note{{Message: "perhaps this one is too many", Range: *p.surplus}}
	}
	switch c := p.peek(); {
	case !p.loose && root.Kind == Object && p.nameAt(rest):
		p.advanceTo(rest)
		p.soft(CodeTextAfterEnd, root.end(), `this "}" ends the whole document, and more properties follow`,
			fmt.Sprintf("they start at %d:%d", p.pos.Line, p.pos.Column),
			"remove it, or close before it what is to be closed there", notes...)
		p.brackets, p.resumed = true, true
		p.open = append(p.open, bracket{kind: Object, at: root.Range, line: len(p.src)})
		p.readMembers(root)
		p.leave(root)
	case c == '{' || c == '[':
		p.soft(CodeTextAfterEnd, p.runeRange(), "a second JSON value starts here",
			"the first ends at "+lineColumn(root.end()), "keep one of them in the file")
	default:
		fix := "keep one JSON value in the file"
		if c == '}' || c == ']' {
			fix = "remove it, or look for a bracket that was closed too early"
		}
		p.soft(CodeTextAfterEnd, p.runeRange(), "there is more text after the end of the JSON value",
			fmt.Sprintf("the value ends at %d:%d", p.prev.End.Line, p.prev.End.Column), fix, notes...)
	}
	p.stopped = true
}

// end is the place of the last character of n.
func (n *Node) end() diag.Range {
	r := n.Range
	r.Start = r.End
	r.Start.Byte--
	r.Start.Column--
	return r
}
