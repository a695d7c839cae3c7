package armjson

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// startsElement reports whether the next thing may start an element of the innermost object or array.
func (p *parser) startsElement() bool {
	switch c := p.peek(); {
	case c == '"', c == '\'', c == '{', c == '[', curlyQuote(p.peekRune()):
		return true
	case p.top().kind == Array:
		return p.startsScalar(p.pos.Byte)
	default:
		return p.bareName() > 0 || p.nameEnd() > 0
	}
}

// extraCommas reports commas where an element is wanted, once, and steps over them; unless they show that an empty object
// or array is not closed.
func (p *parser) extraCommas() {
	wanted := "a value"
	if p.top().kind == Object {
		wanted = wantedName
	}
	if !p.mended && !p.loose && len(p.open) > 1 && p.prev == p.top().at &&
		p.reach(p.open[:len(p.open)-1], p.pos.Byte) > p.reach(p.open, p.pos.Byte) {
		p.stillOpen(p.runeRange(), `","`)
		return
	}
	found, silent := len(p.list), p.mended
	if !silent {
		p.unexpected(wanted, "remove the extra comma")
	}
	if p.mended = false; p.stopped {
		return
	}
	first := p.pos
	for p.peek() == ',' && !p.stopped {
		p.token()
		p.space()
	}
	all := diag.Range{File: p.file, Start: first, End: p.prev.End}
	if !silent && strings.Trim(p.text[all.Start.Byte:all.End.Byte], ", \t\r\n") == "" { // no comment among them
		p.mend(found, all, "")
	}
}

// colonAfter reports whether a value that starts at start is a string before a colon, and so a name.
func (p *parser) colonAfter(start mark, value *Node) bool {
	if value.Kind != String || p.loose || p.stopped || p.src[start.pos.Byte] != '"' {
		return false
	}
	at, _ := p.afterBlanks(p.pos.Byte)
	if p.byteAt(at) != ':' {
		return false
	}
	at, _ = p.afterBlanks(at + 1)
	return strings.IndexByte(",]}", p.byteAt(at)) < 0 // else the colon is too much
}

// strayQuote reports whether the next thing is a quote with nothing behind it on its line but what ends an element.
func (p *parser) strayQuote() bool {
	return p.peek() == '"' && !p.loose && strings.Trim(p.text[p.pos.Byte+1:p.lineEnd(p.pos.Byte)], " \t,]}") == ""
}

// noValue reports a comma, colon or closing bracket in the place of a value. When it stands before a value it is stepped
// over, and p.mended is false. If the rest of the text fits better without a closing bracket, its opening one is missing,
// and the result is an empty object or array. Else there is no value.
func (p *parser) noValue() *Node {
	c, start := p.peek(), p.pos
	switch {
	case !p.loose && p.surplusBeforeValue():
		p.unexpected("a value", "remove it")
		p.token()
		p.space()
		return nil
	case (c == ']' || c == '}') && !p.loose && p.reach(p.open, start.Byte+1) > p.reach(p.open, start.Byte):
		kind := Object
		if c == ']' {
			kind = Array
		}
		p.brackets = true
		p.soft(CodeUnexpected, p.token(), fmt.Sprintf(`"%c" is missing before this "%c"`, bracket{kind: kind}.opener(), c), "", "")
		return p.node(kind, start).seal()
	}
	p.unexpected("a value", "write one, or remove the property")
	p.mended = true
	return nil
}

// surplusBeforeValue reports whether a single character stands before something that can only be a value.
func (p *parser) surplusBeforeValue() bool {
	at, newLine := p.afterBlanks(p.pos.Byte + 1)
	switch c := p.byteAt(at); {
	case c == '{', c == '[':
		return true
	case c == '"':
		return !newLine && !p.nameAt(at)
	default:
		return !newLine && p.startsScalar(at)
	}
}

// startsScalar reports whether a number, true, false or null starts at an offset.
func (p *parser) startsScalar(offset int) bool {
	c, rest := p.byteAt(offset), p.text[offset:]
	return c == '-' || c >= '0' && c <= '9' ||
		strings.HasPrefix(rest, "true") || strings.HasPrefix(rest, "false") || strings.HasPrefix(rest, "null")
}

// surplusOpener reports whether the "{" that is next stands before a string that is a value and no name.
func (p *parser) surplusOpener() bool {
	at, newLine := p.afterBlanks(p.pos.Byte + 1)
	if newLine || p.byteAt(at) != '"' || p.loose {
		return false
	}
	end, lines := closingQuote(p.src, at)
	if end < 0 || lines {
		return false
	}
	next, newLine := p.afterBlanks(end + 1)
	return (newLine || strings.IndexByte(",]}", p.byteAt(next)) >= 0) && p.byteAt(next) != ':' &&
		p.reach(p.open, at) > p.reach(p.with(Object), at)
}

// memberInArray reads on where an array has a property name: either the array is not closed before it, then the result is
// nil; or the opening bracket of an object is missing.
func (p *parser) memberInArray(name string) *Node {
	p.brackets = true
	at, start := p.runeRange(), p.pos.Byte
	ended := -1
	if n := len(p.open); n > 1 && p.open[n-2].kind == Object {
		ended = p.reach(p.open[:n-1], start)
	}
	if ended >= p.reach(p.with(Object), start) {
		p.stillOpen(at, fmt.Sprintf("property %q", name))
		return nil
	}
	return p.objectWithoutOpener(name, "an array holds values; names stand in objects")
}

// memberAsValue reads on where the value of property key is followed by a colon: either the opening bracket of an object
// is missing before it, or the property has no value, then the result is nil.
func (p *parser) memberAsValue(key, name string) *Node {
	start := p.pos.Byte
	if p.reach(p.with(Object), start) > p.reach(p.open, start) {
		return p.objectWithoutOpener(name, fmt.Sprintf(`":" follows it, so it is not the value of %q`, key))
	}
	p.soft(CodeUnexpected, p.prev, fmt.Sprintf("property %q has no value", key),
		fmt.Sprintf("the next property, %q, starts at %d:%d", name, p.pos.Line, p.pos.Column),
		"write a value, or remove the property")
	p.mended = true
	return nil
}

func (p *parser) objectWithoutOpener(name, why string) *Node {
	p.brackets = true
	p.soft(CodeUnexpected, p.runeRange(), fmt.Sprintf(`"{" is missing before property %q`, name), why, `add "{" here`)
	return p.nested(p.object, false)
}

// valueWithoutName reads on where an object has a value without a name: either the object is not closed before it, or its
// last property lacks the opening bracket of an array, or the value stands there for no reason and is stepped over.
func (p *parser) valueWithoutName(base int) {
	p.brackets = true
	at, start := p.runeRange(), p.pos.Byte
	ended, array := -1, -1
	if n := len(p.open); p.peek() == '{' && n > 1 && p.open[n-2].kind == Array {
		ended = p.reach(p.open[:n-1], start)
	}
	if len(p.members) > base {
		array = p.reach(p.with(Array), start)
	}
	alone, surplus := p.reach(p.open, start), p.reach(p.open, start+1)
	switch {
	case !p.loose && surplus > max(ended, array, alone):
		p.unexpected(wantedName, "remove it")
		p.token()
		p.mended = true
	case p.loose || alone > max(ended, array):
		p.unexpected(wantedName, "")
		p.value()
		p.mended = true
	case ended >= array:
		p.stillOpen(at, `"{"`)
	default:
		p.restAsArray()
	}
}

// restAsArray takes the value of the last property for the first element of an array whose opening bracket is missing.
func (p *parser) restAsArray() {
	p.brackets = true
	last := len(p.members) - 1
	m := p.members[last]
	at := m.Value.Range
	at.End = at.Start
	p.soft(CodeUnexpected, at, fmt.Sprintf(`"[" is missing before the value of %q`, m.Key),
		fmt.Sprintf("another value follows at %d:%d", p.pos.Line, p.pos.Column), `add "[" here`)
	rest := p.nested(p.array, false)
	list := p.node(Array, at.Start)
	list.Items = slices.Insert(rest.Items, 0, m.Value)
	list.Range.End = rest.Range.End
	p.members[last].Value = list.seal()
}
