package armjson

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// with is the open brackets and one more.
func (p *parser) with(kind Kind) []bracket { return append(slices.Clip(p.open), bracket{kind: kind}) }

// wrongCloser reports a closing bracket that does not fit the innermost open one. Three mistakes lead there: brackets were
// not closed before it, it is of the wrong kind, or it is one too many. The one after which the rest of the text fits best
// is taken for it. The result tells that the innermost object or array goes on.
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

// openedHere points at the bracket b, which is still open at a place where it should not be, and to where it may have been
// meant to end: at the first line that is indented no more than its own.
func (p *parser) openedHere(b bracket, at diag.Range) []diag.Note {
	notes := []diag.Note{{Message: "opened here", Range: b.at}}
	if u := p.unclosed; u != nil && u.at.Start.Byte > b.at.Start.Byte {
		notes = append(notes, diag.Note{Message: "perhaps this one should have been closed before", Range: u.at})
		b = u.bracket
	}
	if end := p.probableEnd(b); !end.IsZero() && end.Start.Line < at.Start.Line {
		notes = append(notes, diag.Note{Message: "it may have been meant to end before this line", Range: end})
	}
	return notes
}

// probableEnd is the start of the first line behind bracket b that is indented no more than the line that b stands on;
// zero if there is none, or if b does not end its line.
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

// stillOpen reports that something stands where the innermost object or array should have been closed, and takes it for
// closed.
func (p *parser) stillOpen(at diag.Range, what string) {
	b := p.top()
	p.brackets = true
	p.soft(CodeNotClosed, at, fmt.Sprintf("%s stands where the %s opened at %s is still open", what, b, lineColumn(b.at)),
		"", fmt.Sprintf(`add "%c" before it`, b.closer()), p.openedHere(b, at)...)
	p.unwind(len(p.open) - 1)
	p.mended = true
}

// reopen reads on inside an object or array that was just closed, when an element follows without a comma and the text
// fits better with it open: its closing bracket was one too many.
func (p *parser) reopen(n *Node) {
	if n.Kind != Array && n.Kind != Object || p.loose || p.stopped || p.unwinding || p.prev.End != n.Range.End {
		return
	}
	closer := p.prev
	at, _ := p.afterBlanks(p.pos.Byte)
	fits := p.nameAt(at)
	if n.Kind == Array {
		c := p.byteAt(at)
		fits = c == '"' && !fits || c == '{' || c == '[' || p.startsScalar(at)
	}
	if !fits || p.reach(p.with(n.Kind), at) <= p.reach(p.open, at) {
		return
	}
	p.brackets = true
	b := bracket{kind: n.Kind, at: n.Range, line: len(p.src)}
	b.at.End = b.at.Start
	p.soft(CodeUnexpected, closer,
		fmt.Sprintf(`this "%c" closes the %s opened at %s too early`, b.closer(), b, lineColumn(b.at)), "", "remove it")
	p.open = append(p.open, b)
	if n.Kind == Array {
		p.readItems(n)
	} else {
		p.readMembers(n)
	}
	p.leave(n)
}

// neverClosed reports the end of the file inside of brackets.
func (p *parser) neverClosed() {
	b := p.top()
	why := fmt.Sprintf("the file ends at %d:%d", p.pos.Line, p.pos.Column)
	if u := p.unclosed; u != nil && u.at.Start.Byte > b.at.Start.Byte { // else its own closing bracket is not the one missed
		why += fmt.Sprintf(`, and the "%c" at %s, which closes this one, lines up with the one around it`,
			u.closer(), lineColumn(u.closed))
		b = u.bracket
	}
	p.brackets = true
	if !p.resumed { // else its closing bracket came too early, and was reported
		var notes []diag.Note
		if end := p.probableEnd(b); !end.IsZero() {
			notes = []diag.Note{{Message: "it may have been meant to end before this line", Range: end}}
		}
		p.soft(CodeNotClosed, b.at, fmt.Sprintf("this %s is never closed", b), why,
			fmt.Sprintf(`add "%c" where it ends`, b.closer()), notes...)
	}
	p.stopped = true
}

// closedBracket is a bracket and the place where it was closed.
type closedBracket struct {
	bracket
	closed diag.Range
}

// lineUp compares how far the line of a closing bracket, the next thing to read, is indented with that of the bracket b
// that it closes. Where brackets are written as most people write them, the first that differ tell where one is missing or
// too much.
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
