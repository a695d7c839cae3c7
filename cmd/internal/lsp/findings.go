package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// source is how an editor names who found something.
const source = "ingot"

// mostShown bounds the diagnostics of one document: editors get slow long before anybody has read that many.
const mostShown = 500

// severities are those of the protocol. Good to know is information, not a hint, which editors hardly show.
var severities = map[diag.Severity]int{diag.Error: 1, diag.Warning: 2, diag.Info: 3}

// diagnostics turns the findings about a document into those of the protocol, by the URI that they are about: most are about the
// document, some about a script beside it.
func (d *document) diagnostics() map[string][]Diagnostic {
	list := d.found().list
	all := map[string][]Diagnostic{d.uri: {}}
	if more := len(list) - mostShown; more > 0 {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b diag.Diagnostic) int { return int(a.Severity - b.Severity) }) // the worst first
		list = list[:mostShown]
		all[d.uri] = append(all[d.uri], Diagnostic{Severity: severities[diag.Info], Source: source,
			Message: fmt.Sprintf("%d more findings are not shown here; ingot validate shows all", more)})
	}
	for _, f := range list {
		uri := d.uriOf(f.Subject.File)
		all[uri] = append(all[uri], d.diagnostic(f))
	}
	return all
}

func (d *document) diagnostic(f diag.Diagnostic) Diagnostic {
	out := Diagnostic{
		Range: d.rangeOf(f.Subject), Severity: severities[f.Severity], Code: string(f.Code), Source: source,
		CodeDescription: &CodeDescription{href(f.Code)}, Message: message(f),
	}
	for _, n := range f.Related {
		out.RelatedInformation = append(out.RelatedInformation,
			DiagnosticRelatedInformation{Location{d.uriOf(n.Range.File), d.rangeOf(n.Range)}, n.Message})
	}
	return out
}

// message is the finding in words. The place is the editor's to show.
func message(f diag.Diagnostic) string {
	var b strings.Builder
	b.WriteString(f.Summary)
	if f.Why != "" {
		fmt.Fprintf(&b, "\nwhy: %s", f.Why)
	}
	if f.Fix != "" {
		fmt.Fprintf(&b, "\nfix: %s", f.Fix)
	}
	return b.String()
}

func (d *document) uriOf(file string) string {
	if file == d.file || file == "" {
		return d.uri
	}
	return uriOf(file)
}

// rangeOf gives the place of a range in the document or in another file that was looked at.
func (d *document) rangeOf(r diag.Range) Range {
	if r.File == d.file || r.File == "" {
		return d.text.of(r)
	}
	if t, ok := d.found().others[r.File]; ok {
		return t.of(r)
	}
	// Without the text, code points have to do for UTF-16 code units.
	at := func(p diag.Pos) Position { return Position{max(p.Line-1, 0), max(p.Column-1, 0)} }
	return Range{at(r.Start), at(r.End)}
}
