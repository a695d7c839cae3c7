package armexpr

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// picture writes n in a form drawn with 0 and #, as in "#,##0.00;(0);none". Up to three sections between semicolons are
// for positive numbers, negative ones and zero.
// Reference: https://learn.microsoft.com/dotnet/standard/base-types/custom-numeric-format-strings
func (n number) picture(form string) string {
	d := n.exact
	if !n.whole { // pictures show 15 digits of a float, and round those
		d = decimalOf(strconv.FormatFloat(math.Abs(n.float), 'e', 14, 64))
		d.negative = n.exact.negative
	}
	wanted := 0
	switch {
	case d.digits == "":
		wanted = 2
	case d.negative:
		wanted = 1
	}
	sections := readSections(form)
	at := pick(sections, wanted)
	p := newPicture(sections[at])
	r := p.scaled(d)
	if zeroAt := pick(sections, 2); r.digits == "" && zeroAt != at { // what is rounded to zero is drawn as zero
		at, p = zeroAt, newPicture(sections[zeroAt])
	}
	drawn := p.draw(r)
	signed := d.negative && (!n.whole || r.digits != "")
	if signed && at == 0 && drawn != "" { // the other sections draw their own sign
		return "-" + drawn
	}
	return drawn
}

// mark is one piece of a picture.
type mark struct {
	kind markKind
	text string // as it is drawn
	// exponent: the digits it has at least, and whether a plus is drawn
	digits int
	plus   bool
}

type markKind int

const (
	literal markKind = iota
	zeroPlace
	digitPlace
	point
	comma
	percent // also ‰, whose text tells
	exponent
)

// marksPerValue is how many marks take about as much memory as a value.
const marksPerValue = 4

// readSections reads a form. There is at least one section.
func readSections(form string) [][]mark {
	sections := [][]mark{nil}
	for form != "" {
		m, size := readMark(form)
		if m.kind == literal && form[0] == ';' {
			sections = append(sections, nil)
		} else {
			last := len(sections) - 1
			sections[last] = append(sections[last], m)
		}
		form = form[size:]
	}
	return sections
}

var places = map[byte]markKind{'0': zeroPlace, '#': digitPlace, '.': point, ',': comma, '%': percent}

// readMark reads the mark at the start of s, which is not empty, and tells how long it is written.
func readMark(s string) (m mark, size int) {
	switch c := s[0]; {
	case places[c] != literal:
		return mark{kind: places[c], text: s[:1]}, 1
	case strings.HasPrefix(s, "‰"):
		return mark{kind: percent, text: "‰"}, len("‰")
	case c == '\\':
		_, next := utf8.DecodeRuneInString(s[1:])
		return mark{text: s[1 : 1+next]}, 1 + next
	case c == '\'' || c == '"':
		text, _, closed := strings.Cut(s[1:], s[:1])
		if !closed {
			return mark{text: text}, len(s)
		}
		return mark{text: text}, len(text) + 2
	case c == 'E' || c == 'e':
		zeros := strings.TrimLeft(s[1:], "+-")
		signs := len(s) - 1 - len(zeros)
		digits := len(zeros) - len(strings.TrimLeft(zeros, "0"))
		if digits > 0 && signs <= 1 {
			size = 1 + signs + digits
			return mark{exponent, s[:size], digits, s[1] == '+'}, size
		}
	}
	_, size = utf8.DecodeRuneInString(s)
	return mark{text: s[:size]}, size
}

// pick gives the index of the section that is wanted, or 0 if that is missing or empty.
func pick(sections [][]mark, wanted int) int {
	if wanted < len(sections) && len(sections[wanted]) > 0 {
		return wanted
	}
	return 0
}

// picture is one section, and what its marks say together.
type picture struct {
	marks      []mark
	places     int // of digits
	before     int // of these before the point
	zerosFrom  int // a digit is drawn, if need be a zero, from this place before the point on: 3 for #000.0
	zerosTo    int // and up to this place behind the point: 2 for 0.00#
	grouping   bool
	shift      int // powers of ten to multiply with
	scientific bool
}

func newPicture(marks []mark) picture {
	p := picture{marks: marks, before: -1}
	firstZero, lastZero := math.MaxInt, 0
	commasAt, commas := -1, 0 // the place of the last commas in a row, and how many
	for _, m := range marks {
		switch m.kind {
		case zeroPlace:
			firstZero = min(firstZero, p.places)
			p.places++
			lastZero = p.places
		case digitPlace:
			p.places++
		case point:
			if p.before < 0 {
				p.before = p.places
			}
		case comma:
			if p.places == 0 || p.before >= 0 {
				break
			}
			if commasAt != p.places {
				p.grouping = p.grouping || commasAt >= 0
				commasAt, commas = p.places, 0
			}
			commas++
		case percent:
			p.shift += 2
			if m.text == "‰" {
				p.shift++
			}
		case exponent:
			p.scientific = true
		}
	}
	if p.before < 0 {
		p.before = p.places
	}
	if commasAt == p.before {
		p.shift -= 3 * commas // right before the point they divide by a thousand each
	} else if commasAt >= 0 {
		p.grouping = true
	}
	p.zerosFrom = max(0, p.before-firstZero)
	p.zerosTo = max(0, lastZero-p.before)
	return p
}

// scaled rounds d to what the picture shows of it.
func (p picture) scaled(d decimal) decimal {
	if d.digits == "" {
		return d
	}
	d.point += int64(p.shift)
	if p.scientific {
		return d.round(int64(p.places))
	}
	return d.round(d.point + int64(p.places-p.before))
}

// draw fills the places with the size of d, which has been scaled. Digits that find no place before the point are drawn
// at the first place.
func (p picture) draw(d decimal) string {
	var b strings.Builder
	digits, exp := d.digits, int64(0)
	place := p.before // of the next digit: 1 is the last before the point, 0 and less are behind it
	surplus := int(d.point) - p.before
	switch {
	case p.scientific && d.digits != "":
		surplus, exp = 0, d.point-int64(p.before)
	case p.scientific:
		surplus = 0
	case surplus > 0:
		place = int(d.point)
	}
	groupsBelow := max(p.zerosFrom, place+min(surplus, 0)) // commas stand between digits only
	next := func(otherwise string) string {
		if digits == "" {
			return otherwise
		}
		c := digits[:1]
		digits = digits[1:]
		return c
	}
	put := func(digit string) {
		b.WriteString(digit)
		if place--; p.grouping && digit != "" && place > 0 && place%3 == 0 && place < groupsBelow {
			b.WriteByte(',')
		}
	}
	dotted, powered := false, false
	for _, m := range p.marks {
		if m.kind == zeroPlace || m.kind == digitPlace || m.kind == point {
			for ; surplus > 0; surplus-- {
				put(next("0"))
			}
		}
		switch m.kind {
		case zeroPlace, digitPlace:
			zero := ""
			if surplus < 0 && place <= p.zerosFrom || surplus >= 0 && place > -p.zerosTo {
				zero = "0"
			}
			if surplus < 0 {
				surplus++
				put(zero)
			} else {
				put(next(zero))
			}
		case point:
			if place == 0 && !dotted && (p.zerosTo > 0 || p.before < p.places && digits != "") {
				b.WriteByte('.')
				dotted = true
			}
		case comma:
		case exponent:
			if powered {
				b.WriteString(m.text)
				break
			}
			writeExponent(&b, exp, m.text[0], min(m.digits, 10), m.plus)
			powered = true
		default:
			b.WriteString(m.text)
		}
	}
	return b.String()
}
