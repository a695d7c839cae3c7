package armjson

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

const (
	// maxSize is the largest template Azure Resource Manager takes, in bytes.
	// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
	maxSize = 4 << 20
	// maxDepth bounds the recursion. Templates made by compilers stay under 60.
	maxDepth = 200
	// maxValues bounds the memory: a value may be written in two bytes, and takes about 160 here. With this bound no document
	// takes more than 20 times maxSize. The largest real template that it was tried on has 930 values.
	maxValues = 500_000
	// maxFindings is how many errors there may be before the reading stops, and how many warnings are shown.
	maxFindings = 100
)

// Parse reads one JSON value. file is the name used in ranges. The node is nil when there was nothing to read; after a
// syntax error the reading goes on where the text makes sense again, and the node holds what was understood. Findings are
// in file order, at most a hundred errors and as many warnings. The ranges of all nodes and findings lie within data.
func Parse(file string, data []byte) (*Node, diag.List) {
	p := &parser{file: file, src: data, pos: diag.Pos{Line: 1, Column: 1}}
	if !p.readable() {
		return nil, p.list
	}
	p.text = string(data)
	p.space()
	if p.atEnd() {
		p.fail(CodeEmpty, p.here(), "the file is empty", "an image template is a JSON object",
			"see examples/ for image templates to start from")
		return nil, p.findings()
	}
	root := p.value()
	p.afterEnd(root)
	return root, p.findings()
}

// parser walks over the text once. A syntax error is mended: what is missing is taken as written, what is too much is
// stepped over, so that one mistake gives one finding. When there is no sense in going on the parser stops: then every
// loop ends.
type parser struct {
	file    string
	src     []byte
	text    string // the same, so that texts without escapes need no memory of their own
	pos     diag.Pos
	line    int        // offset of the first byte of pos.Line
	prev    diag.Range // of the token before pos
	open    []bracket  // brackets that are open, outermost first
	stopped bool
	loose   bool // what Newtonsoft.Json reads is read, nothing is warned about, and the first error stops: json()

	unwinding bool // closing brackets are missing: objects and arrays end without one, until
	keep      int  // this many are open
	mended    bool // the last finding is about what stands before pos: a missing comma there is no second one

	list     diag.List
	errors   int
	warnings int
	hidden   diag.Range         // place of the first warning beyond maxFindings
	told     map[diag.Code]bool // findings that are made once a file
	brackets bool               // some bracket was missing or too much, so that members may be read into the wrong object
	resumed  bool               // the document was ended too early, and goes on

	// What the indentation tells, see lineUp.
	unclosed   *closedBracket // the first bracket that was closed by one that seems to be meant for another
	surplus    *diag.Range    // the first closing bracket that seems to be one too many
	lastClosed diag.Range     // the last closing bracket that stands first on its line

	inName  bool     // a property name is being read, into
	key     Node     // this
	items   []*Node  // elements of the arrays that are open
	members []Member // members of the objects that are open
	slab    []Node   // made in one piece, not used yet
	values  int
}

// bracket is an opened object or array.
type bracket struct {
	kind Kind       // Object or Array
	at   diag.Range // of the opening bracket; empty where it was missing
	line int        // offset of the line it stands on
}

func (b bracket) opener() byte { return "[{"[b.kind-Array] }
func (b bracket) closer() byte { return "]}"[b.kind-Array] }

// String names it in a message.
func (b bracket) String() string { return [...]string{"array", "object"}[b.kind-Array] }

// node makes a node for what stands from start up to here. That of a name is not kept, and holds until the next one.
func (p *parser) node(kind Kind, start diag.Pos) *Node {
	if p.inName {
		p.key = Node{Kind: kind, Range: p.from(start)}
		return &p.key
	}
	if p.values++; p.values > maxValues {
		p.fail(CodeTooManyValues, p.from(start), fmt.Sprintf("the file has more than %d values", maxValues), "", "")
	}
	if len(p.slab) == 0 {
		p.slab = make([]Node, min(1+len(p.src)/32, 1+p.values, 64))
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	n.Kind = kind
	if !p.loose { // what json() makes has no place in any file
		n.Range = p.from(start)
	}
	return n
}

// value reads any value. It always reads something, and what it does not understand counts as null.
func (p *parser) value() *Node {
	switch c := p.peek(); {
	case c == '{' && p.bareText(), c == '[' && p.bareExpression():
		return p.junkValue()
	case c == '{' && p.surplusOpener():
		p.brackets = true
		p.unexpected("a value", "remove it")
		p.token()
		p.space()
		return p.stringNode(false)
	case c == '{':
		return p.nested(p.object, true)
	case c == '[':
		return p.nested(p.array, true)
	case c == '"':
		return p.stringNode(false)
	case c == '\'' && (p.loose || p.closedOnLine()):
		return p.stringNode(false)
	case c == '+', c == '-', c == '.', c >= '0' && c <= '9', wordByte(c):
		return p.scalar()
	default:
		return p.junkValue()
	}
}

// nested reads an object or array, one level deeper; opened tells that its opening bracket is there.
func (p *parser) nested(read func(opened bool) *Node, opened bool) *Node {
	if len(p.open) == maxDepth {
		p.fail(CodeTooDeep, p.runeRange(), fmt.Sprintf("brackets are nested more than %d deep", maxDepth), "", "")
		return p.node(Null, p.pos)
	}
	return read(opened)
}

func (p *parser) array(opened bool) *Node {
	n := p.enter(Array, opened)
	p.readItems(n)
	return p.leave(n)
}

// readItems reads what stands inside an array, up to its closing bracket, and adds it to what n has.
func (p *parser) readItems(n *Node) {
	base := len(p.items)
	p.items = append(p.items, n.Items...)
	for p.more() {
		start := p.mark()
		item := p.value()
		if p.colonAfter(start, item) {
			p.reset(start)
			if item = p.memberInArray(item.Text); item == nil {
				continue
			}
		}
		p.reopen(item)
		p.items = append(p.items, item)
		p.comma()
	}
	if len(p.items) > base {
		n.Items = slices.Clone(p.items[base:])
		p.items = p.items[:base]
	}
}

func (p *parser) object(opened bool) *Node {
	n := p.enter(Object, opened)
	p.readMembers(n)
	return p.leave(n)
}

// readMembers reads what stands inside an object, up to its closing bracket, and adds it to those that n has.
func (p *parser) readMembers(n *Node) {
	base := len(p.members)
	p.members = append(p.members, n.Members...)
	var places map[string]int // key to index in p.members, once there are many
	for p.more() {
		m, ok := p.member(base)
		if !ok {
			p.comma()
			continue
		}
		p.reopen(m.Value)
		var i int
		var twice bool
		if places != nil {
			i, twice = places[m.Key]
		} else {
			i = slices.IndexFunc(p.members[base:], func(o Member) bool { return o.Key == m.Key })
			twice = i >= 0
		}
		if twice {
			p.writtenTwice(m, p.members[base+i].KeyRange)
			p.members[base+i] = m
			p.comma()
			continue
		}
		p.members = append(p.members, m)
		if count := len(p.members) - base; places != nil {
			places[m.Key] = count - 1
		} else if count >= manyMembers {
			places = make(map[string]int, 2*count)
			for i, m := range p.members[base:] {
				places[m.Key] = i
			}
		}
		p.comma()
	}
	if len(p.members) > base {
		n.Members = slices.Clone(p.members[base:])
		clear(p.members[base:])
		p.members = p.members[:base]
	}
}

// manyMembers is from when on looking at every key takes longer than a map.
const manyMembers = 16

func (p *parser) writtenTwice(m Member, first diag.Range) {
	if p.loose {
		return
	}
	p.report(diag.Diagnostic{
		Severity: diag.Warning, Code: CodeDuplicateKey, Subject: m.KeyRange,
		Summary: fmt.Sprintf("property %q is written twice in this object; the last one counts", m.Key),
		Fix:     "remove one of them",
		Related: []diag.Note{{Message: "first written here", Range: first}},
	})
}

// enter opens an object or array.
func (p *parser) enter(kind Kind, opened bool) *Node {
	b := bracket{kind: kind, at: p.here(), line: p.line}
	if opened {
		b.at = p.token()
	} else {
		p.prev = b.at
	}
	p.open = append(p.open, b)
	return p.node(kind, b.at.Start)
}

// leave closes an object or array; its range runs to the closing bracket, or as far as was read.
func (p *parser) leave(n *Node) *Node {
	b := p.top()
	if !p.stopped && !p.unwinding {
		p.lineUp(b)
		p.token()
	}
	if p.open = p.open[:len(p.open)-1]; len(p.open) == p.keep {
		p.unwinding = false
	}
	if !p.loose {
		n.Range.End = b.at.End
		if p.prev.End.Byte > b.at.End.Byte {
			n.Range.End = p.prev.End
		}
	}
	return n.seal()
}

// more steps to the next element of the innermost object or array. It is false at the closing bracket, and when there is
// none to wait for.
func (p *parser) more() bool {
	for {
		p.space()
		if p.stopped || p.unwinding {
			return false
		}
		switch c := p.peek(); {
		case p.atEnd():
			p.neverClosed()
			return false
		case c == p.top().closer():
			return false
		case c == '}' || c == ']':
			if !p.wrongCloser() {
				return false
			}
		case c == ',':
			p.extraCommas()
			if p.unwinding {
				return false
			}
		default:
			return true
		}
	}
}

// member reads `"key": value`. base is where the members of this object start in p.members.
func (p *parser) member(base int) (m Member, ok bool) {
	start := p.mark()
	key, ok := p.name(base)
	if !ok {
		return m, false
	}
	if m.Key = key.Text; !p.loose {
		m.KeyRange = key.Range
	}
	if !p.colon(m.Key, start, base) {
		return m, false
	}
	p.space()
	if p.atEnd() {
		p.fail(CodeNotClosed, p.prev, fmt.Sprintf("the file ends before the value of %q", m.Key), "", "")
		return m, false
	}
	if c := p.peek(); strings.IndexByte(",:;}]", c) >= 0 {
		if m.Value = p.noValue(); m.Value != nil || p.mended {
			return m, m.Value != nil
		}
	}
	start = p.mark()
	m.Value = p.value()
	if p.colonAfter(start, m.Value) {
		p.reset(start)
		m.Value = p.memberAsValue(m.Key, m.Value.Text)
	}
	return m, m.Value != nil
}

// comma reads what stands between two elements of an object or array. A missing comma is reported at the end of the element
// before, and the reading goes on as if it were there.
func (p *parser) comma() {
	if p.stopped || p.unwinding {
		return
	}
	after, mended := p.prev, p.mended
	p.mended = false
	p.space()
	switch c := p.peek(); {
	case c == ',':
		comma := p.token()
		p.space()
		if closer := p.top().closer(); p.peek() == closer {
			found := len(p.list)
			p.lenient(CodeTrailingComma, comma, fmt.Sprintf(`a comma stands before the closing "%c"`, closer), "remove the comma")
			p.mend(found, comma, "")
		}
	case p.atEnd(), c == '}', c == ']':
		// The closing bracket, right or wrong, is for more to judge.
	case mended, (c == '{' || c == '[') && p.top().kind == Object: // then name has to say more
	case (c == '{' || c == '[') && !p.loose && p.reach(p.open, p.pos.Byte+1) > p.reach(p.open, p.pos.Byte):
		p.brackets = true
		p.unexpected(`"," or "]"`, "remove it")
		p.token()
		if p.space(); p.peek() == ',' {
			p.token()
		}
	case p.strayQuote():
		p.unexpected(fmt.Sprintf(`"," or "%c"`, p.top().closer()), "remove it")
		p.token()
		if p.space(); p.peek() == ',' {
			p.token()
		}
	case p.startsElement():
		found, here := len(p.list), diag.Range{File: p.file, Start: after.End, End: after.End}
		p.soft(CodeMissingComma, here, "a comma is missing after this value",
			fmt.Sprintf("the next one starts at %d:%d", p.pos.Line, p.pos.Column), `add "," here`)
		p.mend(found, here, ",")
	default:
		p.unexpected(fmt.Sprintf(`"," or "%c"`, p.top().closer()), "")
		p.junk()
		if p.space(); p.peek() == ',' {
			p.token()
		}
	}
}
