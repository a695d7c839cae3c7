package view

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/ingot-build/ingot/translate/diag"
)

// sourceWidth is how many columns of a source line are shown. A longer line, as minified JSON has, is cut around the subject.
const sourceWidth = 110

// Sources holds the text of the files that diagnostics point into, by the name the user gave. A file that is missing here is
// pointed at without showing its line.
type Sources map[string][]byte

// Diagnostics writes findings as text, each with its source line, in the order given, and a last line that counts them.
func Diagnostics(w io.Writer, p Palette, list diag.List, src Sources) error {
	var b strings.Builder
	for i, d := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		writeDiagnostic(&b, p, d, src)
	}
	if len(list) > 1 {
		fmt.Fprintf(&b, "\n%s\n", Count(list))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Count gives "2 errors, 1 warning".
func Count(list diag.List) string {
	var parts []string
	for _, s := range []diag.Severity{diag.Error, diag.Warning, diag.Info} {
		switch n := list.Count(s); {
		case n == 0:
		case n == 1 || s == diag.Info: // there is no plural
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if len(parts) == 0 {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}

func writeDiagnostic(b *strings.Builder, p Palette, d diag.Diagnostic, src Sources) {
	if place := d.Subject.String(); place != "" {
		b.WriteString(p.Bold(Line(place)) + ": ")
	}
	mark := p.Bad
	switch d.Severity {
	case diag.Warning:
		mark = p.Warn
	case diag.Info:
		mark = p.Faint
	}
	code := ""
	if d.Code != "" {
		code = " " + p.Faint("["+string(d.Code)+"]")
	}
	fmt.Fprintf(b, "%s: %s%s\n", mark(d.Severity.String()), p.Bold(Line(d.Summary)), code)
	writeSource(b, p, mark, d.Subject, src)

	at, related := d.Path, d.Related
	if len(related) == 1 && related[0].Range.File == d.Subject.File { // a single second place nearby fits behind the path
		n := related[0]
		at = strings.TrimLeft(fmt.Sprintf("%s   (%s: %d:%d)", at, n.Message, n.Range.Start.Line, n.Range.Start.Column), " ")
		related = nil
	}
	part(b, p, "at", at)
	for _, n := range related {
		part(b, p, "see", n.Range.String()+": "+n.Message)
	}
	part(b, p, "why", d.Why)
	part(b, p, "fix", d.Fix)
}

// part writes one of the parts of a message below its first line. Further lines of text are indented to its column.
func part(b *strings.Builder, p Palette, label, text string) {
	if text == "" {
		return
	}
	head := fmt.Sprintf("  %-6s", label+":")
	for _, l := range Block(text) {
		fmt.Fprintf(b, "%s%s\n", p.Faint(head), l)
		head = "        "
	}
}

// writeSource shows the line that a range starts in and underlines the range there, to the end of the line if it goes on.
func writeSource(b *strings.Builder, p Palette, mark func(string) string, r diag.Range, src Sources) {
	line, ok := sourceLine(src[r.File], r.Start)
	if !ok {
		return
	}
	before, subject, after := split(line, r)
	text, from, width := excerpt(before, subject, after)
	number := fmt.Sprintf("%5d", r.Start.Line)
	fmt.Fprintf(b, "%s %s\n", p.Faint(number+" |"), text)
	underline := "^" + strings.Repeat("~", max(0, width-1))
	fmt.Fprintf(b, "%s %s%s\n", p.Faint("      |"), strings.Repeat(" ", from), mark(underline))
}

// sourceLine finds the line around pos, without its newline. A place behind the end of the text is that of a file that ends too
// early: the last line is shown.
func sourceLine(text []byte, pos diag.Pos) (string, bool) {
	if len(text) == 0 || pos.Line < 1 || pos.Byte < 0 || pos.Byte > len(text) {
		return "", false
	}
	head, tail := string(text[:pos.Byte]), string(text[pos.Byte:])
	head = head[strings.LastIndexByte(head, '\n')+1:]
	tail, _, _ = strings.Cut(tail, "\n")
	return strings.TrimSuffix(head+tail, "\r"), true
}

// split cuts a line at the borders of r, which starts in it.
func split(line string, r diag.Range) (before, subject, after string) {
	from := byteOfColumn(line, r.Start.Column)
	to := len(line)
	if r.End.Line == r.Start.Line {
		to = byteOfColumn(line, r.End.Column)
	}
	to = max(from, to)
	return line[:from], line[from:to], line[to:]
}

// byteOfColumn gives the offset of a 1-based column counted in code points, at most the length of the line.
func byteOfColumn(line string, column int) int {
	at := 0
	for range column - 1 {
		if at >= len(line) {
			break
		}
		_, size := utf8.DecodeRuneInString(line[at:])
		at += size
	}
	return at
}

// excerpt makes a source line fit for the screen. It returns the text, and the column and the width of the subject in it.
func excerpt(before, subject, after string) (text string, from, width int) {
	// Cut by characters first, so that the cost does not grow with the length of a line.
	before, after = lastRunes(before, 2*sourceWidth), firstRunes(after, 2*sourceWidth)
	subject = firstRunes(subject, 2*sourceWidth)

	// Tabs depend on where the line starts, so the three parts are rendered as prefixes of one line.
	from = ansi.StringWidth(Visible(before))
	end := ansi.StringWidth(Visible(before + subject))
	text = Visible(before + subject + after)
	if total := ansi.StringWidth(text); total > sourceWidth {
		left := max(0, min(from-sourceWidth/3, total-sourceWidth))
		right := min(total, left+sourceWidth)
		cut := ansi.Cut(text, left, right)
		from, end = from-left, min(end, right)-left
		if left > 0 {
			cut, from, end = "…"+cut, from+1, end+1
		}
		if right < total {
			cut += "…"
		}
		text = cut
	}
	return text, from, max(1, end-from)
}

func firstRunes(s string, n int) string { return s[:byteOfColumn(s, n+1)] }

func lastRunes(s string, n int) string {
	at := len(s)
	for range n {
		if at == 0 {
			break
		}
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return s[at:]
}
