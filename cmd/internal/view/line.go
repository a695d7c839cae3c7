package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// tabStop is how far apart tab stops are.
const tabStop = 8

// Line makes one line of foreign text fit to print: escape sequences are removed; of a line that a program repainted with
// carriage returns, the last state stays; tabs become spaces; every other control character becomes visible. A Line has no
// newline and is valid UTF-8.
func Line(s string) string {
	if isPlain(s) {
		return s
	}
	// Bytes that are no UTF-8 are marked first: one of them, 0x9b, would otherwise count as the start of a sequence and take
	// readable text with it.
	return Visible(lastPaint(ansi.Strip(strings.ToValidUTF8(s, "\uFFFD"))))
}

// isPlain reports whether s is printable ASCII, which most lines are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// lastPaint returns what a terminal would show of a progress line: the text behind the last carriage return that has some.
func lastPaint(s string) string {
	s = strings.TrimRight(s, "\r\n")
	return s[strings.LastIndexByte(s, '\r')+1:]
}

// Visible makes every character of s take the place it has: tabs become spaces up to the next tab stop, control characters
// become the pictures Unicode has for them, and characters that would reorder their neighbours on screen become their number.
// Unlike Line it drops nothing, so that a caret below the line points at the right character.
func Visible(s string) string {
	var whole, cell strings.Builder // cell is what follows the last tab; it begins at a tab stop
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == '\t' {
			cell.WriteString(strings.Repeat(" ", tabStop-ansi.StringWidth(cell.String())%tabStop))
			whole.WriteString(cell.String())
			cell.Reset()
		} else {
			cell.WriteString(visibleRune(r))
		}
		s = s[size:]
	}
	return whole.String() + cell.String()
}

// visibleRune renders one character that is not a tab. Bytes that are no UTF-8 arrive as U+FFFD and stay that.
func visibleRune(r rune) string {
	switch {
	case r < ' ':
		return string('\u2400' + r) // U+2400 ff. are pictures of the control characters, in order
	case r == 0x7f:
		return "\u2421"
	case unicode.Is(unicode.Cc, r), isReordering(r), r == '\u2028', r == '\u2029':
		return fmt.Sprintf("<U+%04X>", r)
	default:
		return string(r)
	}
}

// isReordering reports whether r is one of the characters that make following text run the other way, which can make a line
// of code read as what it is not (CVE-2021-42574).
func isReordering(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\u200E' || r == '\u200F' || r == '\u061C'
}

// Block makes text of several lines fit to print, each line for itself.
func Block(s string) []string {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, l := range lines {
		lines[i] = Line(l)
	}
	return lines
}
