// Package kernelbound tells which steps of a build need a kernel of their own: what starts it, what is loaded into it, what is asked of
// it. A build VM has one. A container has the host's, and may do to it what the host lets anybody do, which is little.
//
// Marks looks at what steps are told to do, before anything runs: each command of a shell script is known by its name and its words, also
// inside sudo, sh -c or a branch. It does not guess: what a variable holds, or a script that is fetched by another, is not known, and that
// is what Did is for. It looks at what a step has done to the machine.
//
// Both are cautious in the same direction. A mark says that a step may come out otherwise in a container, and costs a build in a VM; a
// step without a mark does nothing that is known to.
package kernelbound

import (
	"cmp"
	"path"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/script"
)

// Mark is one thing that a step does to a kernel, or has done.
type Mark struct {
	Step    string      `json:"step"`           // id
	Command string      `json:"command"`        // as it is written, on one line and cut where it is long; of Did, what was found
	Kind    string      `json:"kind"`           // one of Kinds
	Why     string      `json:"why"`            // one sentence: what is different in a container of the host's kernel
	Origin  plan.Origin `json:"origin"`         // in the image template: of the inline commands, or of the script's URI
	File    string      `json:"file,omitempty"` // that has the command: the image template, or the script; "" where nobody wrote it
	Line    int         `json:"line,omitempty"` // in File, from 1; 0 where that is not known
	Column  int         `json:"column,omitempty"`
}

// At is "file:line:column" of the command, or as much as is known of that.
func (m Mark) At() string {
	return diag.Range{File: m.File, Start: diag.Pos{Line: m.Line, Column: m.Column}}.String()
}

// Text gives what a content has. ok is false where nobody has it at hand.
type Text func(c plan.Content) (text string, ok bool)

// Marks lists what the steps of p do that needs a kernel of their own, in the order of the steps and of their scripts. A command that
// stands in one script twice is told twice. Contents that text does not have are passed over: see Unread.
func Marks(p *plan.Plan, text Text) []Mark {
	var all []Mark
	for _, step := range p.AllSteps() {
		if f, c := parsed(step, text); f != nil {
			all = append(all, marksOf(step.ID, f, *c)...)
		}
	}
	return all
}

// Unread lists the scripts that Marks could not look into: those at hand nowhere, and programs. They are of the kind Unseen.
func Unread(p *plan.Plan, text Text) []Mark {
	var all []Mark
	for _, step := range p.AllSteps() {
		c := scriptOf(step)
		if c == nil {
			continue
		}
		m := Mark{Step: step.ID, Kind: Unseen, Command: path.Base(cmp.Or(withoutQuery(c.URI), c.FileName)), Origin: c.Origin}
		m.File, m.Line, m.Column = c.Origin.Range.File, c.Origin.Range.Start.Line, c.Origin.Range.Start.Column
		f, _ := parsed(step, text)
		switch {
		case f == nil:
			m.Why = "it is fetched when a build runs"
		case f.Tree == nil && f.Encoding == script.Binary:
			m.Why = f.Unread
		default:
			continue
		}
		all = append(all, m)
	}
	return all
}

// scriptOf is the shell script that a step of the image template runs; nil if it runs none.
func scriptOf(step *plan.Step) *plan.Content {
	if step.Hidden || step.Shell == nil {
		return nil
	}
	return &step.Shell.Script
}

// parsed is the script of a step; nil if there is none at hand.
func parsed(step *plan.Step, text Text) (*shell.File, *plan.Content) {
	c := scriptOf(step)
	if c == nil {
		return nil, nil
	}
	t := c.Text
	if c.URI != "" {
		var ok bool
		if t, ok = text(*c); !ok {
			return nil, nil
		}
	}
	return shell.Parse(script.File(t)), c
}

// marksOf are those of one script.
func marksOf(step string, f *shell.File, c plan.Content) []Mark {
	var all []Mark
	for _, found := range findings(f) {
		m := Mark{Step: step, Command: found.command, Kind: found.kind, Why: cmp.Or(found.why, whys[found.kind]), Origin: c.Origin}
		m.place(c, f.Text, found.from)
		all = append(all, m)
	}
	return all
}

// place finds the command that stands at an offset of a script.
func (m *Mark) place(c plan.Content, text string, at int) {
	before := text[:min(at, len(text))]
	line := strings.Count(before, "\n") // from 0
	if c.URI != "" {
		m.File, m.Line = FileOf(c), line+1
		m.Column = 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
		return
	}
	r := c.Origin.Range
	if line < len(c.Lines) && !c.Lines[line].IsZero() {
		r = c.Lines[line]
	}
	m.File, m.Line, m.Column = r.File, r.Start.Line, r.Start.Column
}

// FileOf is what a mark calls the file of a script that the image template has by its URI.
func FileOf(c plan.Content) string { return withoutQuery(c.URI) }

// withoutQuery leaves out what may be a signature.
func withoutQuery(uri string) string {
	uri, _, _ = strings.Cut(uri, "?")
	return strings.TrimPrefix(strings.TrimPrefix(uri, "file://"), "file:")
}
