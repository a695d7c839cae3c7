package armjson

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// window is how many bytes ahead brackets are matched to choose among ways to mend a mistake.
const window = 64 << 10

// reach tells how well the text from an offset on fits behind brackets that are open: it returns the offset of the first bracket,
// or colon, that does not fit, and more than the length of the text when all fits. It looks no further than window.
func (p *parser) reach(open []bracket, from int) int {
	limit := min(from+window, len(p.src))
	kinds := make([]Kind, 0, maxDepth)
	for _, b := range open {
		kinds = append(kinds, b.kind)
	}
	for i := from; i < limit; i++ {
		c := p.src[i]
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			continue
		}
		if c == '/' && (p.byteAt(i+1) == '/' || p.byteAt(i+1) == '*') {
			if i = p.commentEnd(i) - 1; i < 0 {
				return len(p.src)
			}
			continue
		}
		if len(kinds) == 0 {
			return i // text behind the end
		}
		inner := kinds[len(kinds)-1]
		switch c {
		case '"':
			if i, _ = closingQuote(p.src, i); i < 0 {
				return len(p.src)
			}
		case '{', '[':
			if len(kinds) == maxDepth {
				return i
			}
			kind := Array
			if c == '{' {
				kind = Object
			}
			kinds = append(kinds, kind)
		case '}', ']':
			if c != (bracket{kind: inner}).closer() {
				return i
			}
			kinds = kinds[:len(kinds)-1]
		case ':':
			if inner != Object {
				return i
			}
		}
	}
	switch {
	case limit < len(p.src):
		return limit
	case len(kinds) == 0:
		return len(p.src) + 1
	default:
		return len(p.src)
	}
}

// commentEnd returns the offset behind the comment that starts at offset, or -1 when it has no end.
func (p *parser) commentEnd(offset int) int {
	if p.byteAt(offset+1) == '/' {
		return p.lineEnd(offset)
	}
	if i := strings.Index(p.text[offset+2:], "*/"); i >= 0 {
		return offset + 2 + i + 2
	}
	return -1
}

// with is the open brackets and one more.
func (p *parser) with(kind Kind) []bracket { return append(slices.Clip(p.open), bracket{kind: kind}) }

// wrongCloser reports a closing bracket that does not fit the innermost open one. Three mistakes lead there: brackets were not
// closed before it, it is of the wrong kind, or it is one too many. The one after which the rest of the text fits best is
// taken for it. The result tells that the innermost object or array goes on.
func (p *parser) wrongCloser() (goesOn bool) {
	p.brackets = true
	b, at := p.top(), p.runeRange()
	summary := fmt.Sprintf(`"%c" stands where the %s opened at %s is still open`, p.peek(), b, lineColumn(b.at))
	opened := p.openedHere(b, at)
	if p.loose {
		p.soft(CodeNotClosed, at, summary, "", "")
		return false
	}
	match := len(p.open) - 1
	for match >= 0 && p.open[match].closer() != p.peek() {
		match--
	}
	unclosed, after := -1, at.End.Byte
	if match >= 0 {
		unclosed = p.reach(p.open[:match+1], at.Start.Byte)
	}
	other, surplus := p.reach(p.open[:len(p.open)-1], after), p.reach(p.open, after)
	switch {
	case unclosed >= max(other, surplus):
		p.soft(CodeNotClosed, at, summary, "", fmt.Sprintf(`add "%c" before it`, b.closer()), opened...)
		p.unwind(match + 1)
		return false
	case other >= surplus:
		p.soft(CodeNotClosed, at, summary, "", fmt.Sprintf(`write "%c" instead`, b.closer()), opened...)
		return false // and leave takes it
	default:
		fix := fmt.Sprintf(`remove it, or write the "%c" that it closes`, "[{"[strings.IndexByte("]}", p.peek())])
		p.soft(CodeUnexpected, at, fmt.Sprintf(`"%c" closes nothing`, p.peek()),
			fmt.Sprintf("the innermost bracket that is open is that of the %s at %s", b, lineColumn(b.at)), fix, p.lacksOpener(b)...)
		p.token()
		p.mended = true
		return !p.stopped
	}
}

// openedHere points at the bracket b, which is still open at a place where it should not be, and to where it may have been meant to
// end: at the first line that is indented no more than its own.
func (p *parser) openedHere(b bracket, at diag.Range) []diag.Note {
	notes := []diag.Note{{Message: "opened here", Range: b.at}}
	if u := p.unclosed; u != nil && u.at != b.at {
		notes = append(notes, diag.Note{Message: "perhaps this one should have been closed before", Range: u.at})
		b = u.bracket
	}
	if end := p.probableEnd(b); !end.IsZero() && end.Start.Line < at.Start.Line {
		notes = append(notes, diag.Note{Message: "it may have been meant to end before this line", Range: end})
	}
	return notes
}

// probableEnd is the start of the first line behind bracket b that is indented no more than the line that b stands on; zero if
// there is none, or if b does not end its line.
func (p *parser) probableEnd(b bracket) diag.Range {
	at := diag.Pos{Line: b.at.Start.Line, Byte: p.lineEnd(b.at.Start.Byte)}
	if b.line >= len(p.src) || strings.TrimSpace(p.text[b.at.End.Byte:at.Byte]) != "" {
		return diag.Range{}
	}
	own := len(p.indent(b.line))
	for at.Byte < len(p.src) {
		if p.src[at.Byte] == '\n' {
			at.Line++
			start := at.Byte + 1
			indent := len(p.indent(start))
			if end := p.lineEnd(start); start+indent < end && indent <= own {
				at.Byte, at.Column = start+indent, indent+1
				return diag.Range{File: p.file, Start: at, End: at}
			}
		}
		at.Byte++
	}
	return diag.Range{}
}

// lacksOpener points at the last value of the object opened at b, which may be an element of an array that nothing opens.
func (p *parser) lacksOpener(b bracket) []diag.Note {
	if n := len(p.members); b.kind == Object && n > 0 && p.members[n-1].KeyRange.Start.Byte >= b.at.Start.Byte {
		return []diag.Note{{Message: `perhaps "[" is missing before this value`, Range: p.members[n-1].Value.Range}}
	}
	return nil
}

// unwind takes all but the outermost open brackets for closed.
func (p *parser) unwind(keep int) { p.unwinding, p.keep = true, keep }

// neverClosed reports the end of the file inside of brackets.
func (p *parser) neverClosed() {
	b := p.top()
	why := fmt.Sprintf("the file ends at %d:%d", p.pos.Line, p.pos.Column)
	if u := p.unclosed; u != nil {
		why += fmt.Sprintf(`, and the "%c" at %s, which closes this one, lines up with the one around it`, u.closer(), lineColumn(u.closed))
		b = u.bracket
	}
	p.brackets = true
	if !p.resumed { // else its closing bracket came too early, and was reported
		var notes []diag.Note
		if end := p.probableEnd(b); !end.IsZero() {
			notes = []diag.Note{{Message: "it may have been meant to end before this line", Range: end}}
		}
		p.soft(CodeNotClosed, b.at, fmt.Sprintf("this %s is never closed", b), why, fmt.Sprintf(`add "%c" where it ends`, b.closer()), notes...)
	}
	p.stopped = true
}

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
			fmt.Sprintf("they start at %d:%d", p.pos.Line, p.pos.Column), "remove it, or close before it what is to be closed there", notes...)
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

// nameAt reports whether a property name and a colon stand at an offset.
func (p *parser) nameAt(offset int) bool {
	if p.byteAt(offset) != '"' {
		return false
	}
	end, _ := closingQuote(p.src, offset)
	if end < 0 {
		return false
	}
	at, _ := p.afterBlanks(end + 1)
	return p.byteAt(at) == ':'
}

// closedBracket is a bracket and the place where it was closed.
type closedBracket struct {
	bracket
	closed diag.Range
}

// lineUp compares how far the line of a closing bracket, the next thing to read, is indented with that of the bracket b that it
// closes. Where brackets are written as most people write them, the first that differ tell where one is missing or too much.
func (p *parser) lineUp(b bracket) {
	here := p.text[p.line:p.pos.Byte]
	if b.line >= p.line || strings.Trim(here, " \t") != "" {
		return
	}
	at, own := p.runeRange(), p.indent(b.line)
	if len(p.open) > 1 && p.unclosed == nil {
		around := p.open[len(p.open)-2]
		if around.line < b.line && len(here) < len(own) && here == p.indent(around.line) {
			p.unclosed = &closedBracket{b, at}
		}
	}
	if p.surplus == nil && len(here) > len(own) && p.lastClosed.Start.Byte > b.at.Start.Byte {
		if line := p.lastClosed.Start.Byte - p.lastClosed.Start.Column + 1; line >= 0 && here == p.indent(line) {
			p.surplus = &at
		}
	}
	p.lastClosed = at
}

// indent is the blanks at the start of the line that starts at an offset.
func (p *parser) indent(line int) string {
	end := line
	for end < len(p.src) && (p.src[end] == ' ' || p.src[end] == '\t') {
		end++
	}
	return p.text[line:end]
}

func lineColumn(r diag.Range) string { return fmt.Sprintf("%d:%d", r.Start.Line, r.Start.Column) }
