// Package diag holds what Ingot tells a person about the text they wrote: a place in a file, and a finding at that place.
//
// A finding is data. Nothing here formats text for a terminal; cmd/internal/view does that. A fault of the program or of the
// world (a full disk, an unreachable host) is an ordinary error and does not belong here, unless a place in the template can
// be named as its cause.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pos is one place in a file.
type Pos struct {
	Line   int `json:"line"`   // from 1
	Column int `json:"column"` // from 1, in Unicode code points
	Byte   int `json:"byte"`   // offset from the start of the file, from 0
}

// Range is a stretch of one file. End is exclusive. The zero Range means "no place is known".
type Range struct {
	File  string `json:"file"` // as the user named it
	Start Pos    `json:"start"`
	End   Pos    `json:"end"`
}

// IsZero reports whether no place is known.
func (r Range) IsZero() bool { return r == Range{} }

// String gives "file:line:column", or the file alone when only that is known.
func (r Range) String() string {
	if r.Start.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
}

// Severity says whether a finding stops the pipeline.
type Severity int

// The zero Severity is invalid on purpose: a finding whose author forgot it must not pass for a harmless one.
const (
	_       Severity = iota
	Error            // the next stage does not start
	Warning          // worth reading; nothing stops
	Info             // good to know; nothing is wrong
)

// String gives the word a person reads.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Info:
		return "info"
	default:
		panic(fmt.Sprintf("diag: severity %d was never set", int(s)))
	}
}

// MarshalText makes JSON carry the word, not the number.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = Error
	case "warning":
		*s = Warning
	case "info":
		*s = Info
	default:
		return fmt.Errorf("unknown severity %q", text)
	}
	return nil
}

// Code names a kind of finding: "ING2103". Codes are stable, documented and never reused. The first digit is the stage:
// 1 reading and evaluating JSON, 2 the image template, 3 what the chosen target cannot do, 4 resolving wants. A finding about a
// Packer template has none: they are Packer's and its components' own.
type Code string

// Diagnostic is one finding about the user's text.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Code     Code     `json:"code"`
	Subject  Range    `json:"range"`          // the tight range that is wrong
	Path     string   `json:"path,omitempty"` // properties.customize[2].scriptUri, as the service's "target" spells it
	Summary  string   `json:"summary"`        // what is wrong: one clause, lower case, no full stop
	Why      string   `json:"why,omitempty"`  // the rule or the evidence
	Fix      string   `json:"fix,omitempty"`  // something to type or edit
	Related  []Note   `json:"related,omitempty"`
	Edits    []Edit   `json:"edits,omitempty"` // together they mend it; only where there is one right answer
}

// Edit replaces a stretch of a file. An empty stretch is where Text is put in; an empty Text removes.
type Edit struct {
	Range Range  `json:"range"`
	Text  string `json:"text"`

	// The rest is for translate/edit.Settle, by whoever does not see the text. An edit that was settled has neither.

	Old   string `json:"-"` // what has to stand at Range; "" if that was looked at
	Entry bool   `json:"-"` // Range is that of a member or element, which is taken out with its comma
}

// Note points at a second place that explains a finding: "first written here".
type Note struct {
	Message string `json:"message"`
	Range   Range  `json:"range"`
}

// String gives the first line of the finding: place, severity, summary and code.
func (d Diagnostic) String() string {
	place := ""
	if s := d.Subject.String(); s != "" {
		place = s + ": "
	}
	text := fmt.Sprintf("%s%s: %s", place, d.Severity, d.Summary)
	if d.Code != "" {
		text += fmt.Sprintf(" [%s]", d.Code)
	}
	return text
}

// List is what one stage found. The zero List is empty and ready to use.
type List []Diagnostic

// Add appends findings.
func (l *List) Add(d ...Diagnostic) { *l = append(*l, d...) }

// HasErrors reports whether the next stage must not start.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Count returns the number of findings with the given severity.
func (l List) Count(s Severity) int {
	n := 0
	for _, d := range l {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Sort puts findings in file order, the worst first at the same place. Findings that compare equal keep their order.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(
			strings.Compare(a.Subject.File, b.Subject.File),
			cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte),
			cmp.Compare(a.Severity, b.Severity),
		)
	})
}
