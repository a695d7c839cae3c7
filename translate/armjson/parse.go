package armjson

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
)

const (
	// maxSize is the largest template Azure Resource Manager takes, in bytes.
	// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
	maxSize = 4 << 20
	// maxDepth bounds the recursion. Templates made by compilers stay under 60.
	maxDepth = 200
)

// Parse reads one JSON value. file is the name used in ranges. The node is nil when there was nothing to read; after a syntax
// error it holds what was read until then. Findings are in file order. The ranges of all nodes and findings lie within data.
func Parse(file string, data []byte) (*Node, diag.List) {
	p := &parser{file: file, src: data, pos: diag.Pos{Line: 1, Column: 1}}
	if !p.readable() {
		return nil, p.list
	}
	p.space()
	if p.atEnd() {
		p.fail(CodeEmpty, p.here(), "the file is empty", "an image template is a JSON object",
			"see examples/ for image templates to start from")
		return nil, p.list
	}
	root := p.value()
	p.space()
	if !p.dead && !p.atEnd() {
		p.unexpectedAfterEnd()
	}
	p.list.Sort()
	return root, p.list
}

// parser walks over the text once. A syntax error either is mended in place (a missing comma) or makes the parser dead: then
// every loop ends, so that one mistake gives one finding.
type parser struct {
	file  string
	src   []byte
	pos   diag.Pos
	prev  diag.Range // of the token before pos
	depth int
	list  diag.List
	dead  bool
	told  map[diag.Code]bool // lenient readings already warned about
	loose bool               // single quotes are as good as double ones, and nothing that is read is warned about: json()
}

// value reads any value. The result is nil only if the parser died before it began.
func (p *parser) value() *Node {
	switch c := p.peek(); {
	case c == '{':
		return p.nested(p.object)
	case c == '[':
		return p.nested(p.array)
	case c == '"', c == '\'':
		return p.stringNode()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case wordByte(c):
		return p.word()
	default:
		p.unexpected("a value")
		return nil
	}
}

// nested reads an object or array, one level deeper.
func (p *parser) nested(read func() *Node) *Node {
	if p.depth == maxDepth {
		p.fail(CodeTooDeep, p.runeRange(), fmt.Sprintf("brackets are nested more than %d deep", maxDepth), "", "")
		return nil
	}
	p.depth++
	n := read()
	p.depth--
	return n
}

func (p *parser) array() *Node {
	open := p.runeRange()
	n := &Node{Kind: Array}
	p.next()
	for p.space(); !p.dead && p.peek() != ']'; p.space() {
		if p.closedWrongly(open, "array") {
			break
		}
		item := p.value()
		if item != nil {
			n.Items = append(n.Items, item)
		}
		p.comma(']', open)
	}
	p.close(n, open)
	return n
}

func (p *parser) object() *Node {
	open := p.runeRange()
	n := &Node{Kind: Object}
	places := map[string]int{} // key to index in n.Members
	p.next()
	for p.space(); !p.dead && p.peek() != '}'; p.space() {
		if p.closedWrongly(open, "object") {
			break
		}
		m, ok := p.member()
		if !ok {
			break
		}
		if i, twice := places[m.Key]; twice {
			p.writtenTwice(m, n.Members[i].KeyRange)
			n.Members[i] = m
		} else {
			places[m.Key] = len(n.Members)
			n.Members = append(n.Members, m)
		}
		p.comma('}', open)
	}
	p.close(n, open)
	return n
}

func (p *parser) writtenTwice(m Member, first diag.Range) {
	if p.loose {
		return
	}
	p.list.Add(diag.Diagnostic{
		Severity: diag.Warning, Code: CodeDuplicateKey, Subject: m.KeyRange,
		Summary: fmt.Sprintf("property %q is written twice in this object; the last one counts", m.Key),
		Fix:     "remove one of them",
		Related: []diag.Note{{Message: "first written here", Range: first}},
	})
}

// member reads `"key": value`.
func (p *parser) member() (m Member, ok bool) {
	if c := p.peek(); c != '"' && c != '\'' {
		p.unexpected(`a property name in double quotes, or "}"`)
		return m, false
	}
	key := p.stringNode()
	if p.dead {
		return m, false
	}
	m.Key, m.KeyRange = key.Text, key.Range
	p.space()
	if p.peek() != ':' {
		p.unexpected(fmt.Sprintf(`":" after the property name %q`, m.Key))
		return m, false
	}
	p.token()
	p.space()
	if p.atEnd() {
		p.fail(CodeNotClosed, p.prev, fmt.Sprintf("the file ends before the value of %q", m.Key), "", "")
		return m, false
	}
	m.Value = p.value()
	return m, m.Value != nil
}

// comma reads what stands between two elements of an array or object. A missing comma is reported at the end of the element
// before, and the reading goes on as if it were there.
func (p *parser) comma(closer byte, open diag.Range) {
	if p.dead {
		return
	}
	after := p.prev
	p.space()
	switch c := p.peek(); {
	case c == ',':
		comma := p.token()
		p.space()
		if p.peek() == closer {
			p.lenient(CodeTrailingComma, comma, fmt.Sprintf(`a comma stands before the closing "%c"`, closer), "remove the comma")
		}
	case p.atEnd(), c == '}', c == ']':
		// The closing bracket, right or wrong, is the caller's to judge.
	case wordByte(c) && after.Start.Line < after.End.Line && after.End.Byte == p.pos.Byte:
		p.ranOn(after)
	case c == '"', c == '\'', c == '{', c == '[', c == '-', c >= '0' && c <= '9', wordByte(c):
		p.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeMissingComma,
			Subject: diag.Range{File: p.file, Start: after.End, End: after.End},
			Summary: "a comma is missing after this value",
			Why:     fmt.Sprintf("the next one starts at %d:%d", p.pos.Line, p.pos.Column),
			Fix:     `add "," here`,
		})
		p.dead = p.loose // then the first error is all that is wanted
	default:
		p.unexpected(fmt.Sprintf(`"," or "%c"`, closer))
	}
}

// ranOn reports a string that ended at the first quote of another one, some lines below: text follows it at once. Nothing after it is
// read as it was meant, so the reading ends.
func (p *parser) ranOn(s diag.Range) {
	at := diag.Range{File: p.file, Start: s.Start, End: s.Start}
	at.End.Column++
	at.End.Byte++
	p.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeNotClosed, Subject: at,
		Summary: fmt.Sprintf("this string goes on to line %d", s.End.Line),
		Why:     fmt.Sprintf(`it ends at %d:%d, where the next one was to begin; \" does not end a string`, s.End.Line, s.End.Column-1),
		Fix:     `close it in its own line; a backslash at its end is written \\`,
	})
	p.dead = true
}

// closedWrongly reports a closing bracket of the other kind, or the end of the file, inside the bracket opened at open.
func (p *parser) closedWrongly(open diag.Range, what string) bool {
	switch {
	case p.atEnd():
		p.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeNotClosed, Subject: open,
			Summary: fmt.Sprintf("this %s is never closed", what),
			Why:     fmt.Sprintf("the file ends at %d:%d", p.pos.Line, p.pos.Column),
		})
	case p.peek() == '}' || p.peek() == ']':
		p.list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeNotClosed, Subject: p.runeRange(),
			Summary: fmt.Sprintf(`"%c" stands where the %s opened at %d:%d is still open`,
				p.peek(), what, open.Start.Line, open.Start.Column),
			Related: []diag.Note{{Message: "opened here", Range: open}},
		})
	default:
		return false
	}
	p.dead = true
	return true
}

// close ends an array or object; its range runs to the closing bracket, or as far as was read.
func (p *parser) close(n *Node, open diag.Range) {
	if !p.dead {
		p.token()
	}
	n.Range = diag.Range{File: p.file, Start: open.Start, End: p.pos}
	n.seal()
}
