package view

import (
	"io"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// Explanation is what there is to know about a kind of finding. All but the entry may be absent.
type Explanation struct {
	diag.Entry
	Scope     string // "only with --target qemu"
	Text      string // paragraphs
	Bad       string // an example
	Files     []ExampleFile
	Findings  string // what is said about Bad
	Good      string
	Reference string // a URL
}

// ExampleFile is a script that an example runs.
type ExampleFile struct{ Name, Text string }

// Explain writes an explanation for a person to read.
func Explain(w io.Writer, p Palette, e Explanation) error {
	mark := p.Bad
	switch e.Severity {
	case diag.Warning:
		mark = p.Warn
	case diag.Info:
		mark = p.Faint
	}
	var b strings.Builder
	b.WriteString(p.Bold(string(e.Code)) + " " + mark(e.Severity.String()) + ": " + p.Bold(Line(e.Summary)) + "\n")
	if e.Scope != "" {
		b.WriteString(e.Scope + "\n")
	}
	section := func(title, text, indent string) {
		text = strings.Trim(text, "\n")
		if text == "" {
			return
		}
		b.WriteByte('\n')
		if title != "" {
			b.WriteString(p.Faint(title) + "\n")
		}
		for l := range strings.Lines(text + "\n") {
			b.WriteString(strings.TrimRight(indent+Visible(strings.TrimRight(l, "\r\n")), " ") + "\n")
		}
	}
	section("", e.Text, "")
	section("not so:", e.Bad, "  ")
	for _, f := range e.Files {
		section(f.Name+":", f.Text, "  ")
	}
	section("this is said about it:", e.Findings, "  ")
	section("but so:", e.Good, "  ")
	section("", e.Reference, "")
	_, err := io.WriteString(w, b.String())
	return err
}
