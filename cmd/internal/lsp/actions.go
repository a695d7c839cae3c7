package lsp

import (
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/edit"
)

// actions lists what would mend the findings in a stretch of the document, and what would mend all of it. only are the kinds asked
// for; none stands for all.
func (d *document) actions(r Range, only []string) []CodeAction {
	list := []CodeAction{}
	from, to := d.text.offset(r.Start), d.text.offset(r.End)
	edits := false
	for _, f := range d.found().list {
		edits = edits || len(f.Edits) > 0
		if len(list) < mostShown && wants(only, kindQuickFix) && touches(f.Subject, from, to) && d.mendable(f) {
			list = append(list, CodeAction{Title: title(f), Kind: kindQuickFix, Diagnostics: []Diagnostic{d.diagnostic(f)},
				IsPreferred: true, Edit: d.change(d.edits(f))})
		}
	}
	if !edits || !wants(only, kindFixOurs) {
		return list
	}
	if all := d.mended(); len(all) > 0 {
		list = append(list, CodeAction{Title: "ingot: mend everything that has one right answer", Kind: kindFixOurs, Edit: d.change(all)})
	}
	return list
}

// wants reports whether a kind of action is asked for: by its name, or by that of a kind above it.
func wants(only []string, kind string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(o string) bool { return o == kind || strings.HasPrefix(kind, o+".") })
}

// mendable reports whether a finding says how to mend the document, and nothing else.
func (d *document) mendable(f diag.Diagnostic) bool {
	if len(f.Edits) == 0 {
		return false
	}
	_, mended := edit.Apply(d.file, d.text.data, diag.List{f})
	return len(mended) > 0
}

func title(f diag.Diagnostic) string {
	if f.Fix != "" {
		return "ingot: " + f.Fix
	}
	return "ingot: mend: " + f.Summary
}

func (d *document) change(edits []TextEdit) *WorkspaceEdit {
	return &WorkspaceEdit{map[string][]TextEdit{d.uri: edits}}
}

func (d *document) edits(f diag.Diagnostic) []TextEdit {
	var edits []TextEdit
	for _, e := range f.Edits {
		edits = append(edits, TextEdit{d.text.of(e.Range), e.Text})
	}
	return edits
}

// mostRounds bounds how often a text is mended and looked at again: an edit may have to wait for one beside it, and show more to mend.
const mostRounds = 10

// mendAll gives the edits that mend all that can be.
func (d *document) mendAll(check Check) []TextEdit {
	data := d.text.data
	list := d.found().list
	for range mostRounds {
		after, mended := edit.Apply(d.file, data, list)
		if len(mended) == 0 {
			break
		}
		data = after
		list, _ = check(d.ctx, d.file, data)
	}
	edits := []TextEdit{}
	for _, e := range udiff.Strings(string(d.text.data), string(data)) {
		edits = append(edits, TextEdit{d.text.span(e.Start, e.End), e.New})
	}
	return edits
}
