// Package edit carries out the edits that findings bring along: it mends a text and leaves every byte alone that no edit is about.
package edit

import (
	"cmp"
	"slices"

	"github.com/ingot-build/ingot/translate/diag"
)

// Apply makes the edits of findings in one file, and returns its new text and the findings that were mended. The edits of a finding
// are made together or not at all: a finding with an edit in another file, outside the text, or over an edit of a finding before
// it, is left for another round. Two findings that ask for the very same edits are both mended.
func Apply(file string, text []byte, list diag.List) ([]byte, diag.List) {
	var made []diag.Edit // in order, without overlap
	var mended diag.List
	for _, d := range list {
		if together, ok := with(made, d.Edits, file, len(text)); ok {
			made = together
			mended.Add(d)
		}
	}
	out := make([]byte, 0, len(text))
	at := 0
	for _, e := range made {
		out = append(out, text[at:e.Range.Start.Byte]...)
		out = append(out, e.Text...)
		at = e.Range.End.Byte
	}
	return append(out, text[at:]...), mended
}

// with returns made with more edits among them; ok is false when they cannot be made, or there are none.
func with(made, more []diag.Edit, file string, size int) (all []diag.Edit, ok bool) {
	all = slices.Clone(made)
	for _, e := range more {
		start, end := e.Range.Start.Byte, e.Range.End.Byte
		if e.Range.File != file || start < 0 || end < start || end > size {
			return nil, false
		}
		if slices.Contains(all, e) {
			continue
		}
		i, _ := slices.BinarySearchFunc(all, e, func(a, b diag.Edit) int {
			return cmp.Or(cmp.Compare(a.Range.Start.Byte, b.Range.Start.Byte), cmp.Compare(a.Range.End.Byte, b.Range.End.Byte))
		})
		// Edits that touch are refused as well: whoever wrote one of them did not know of the other.
		if i > 0 && all[i-1].Range.End.Byte >= start || i < len(all) && all[i].Range.Start.Byte <= end {
			return nil, false
		}
		all = slices.Insert(all, i, e)
	}
	return all, len(more) > 0
}
