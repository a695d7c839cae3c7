package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// rewrite replaces a string of the template, where it stands there as a plain string: one that an expression made has
// none.
func (r *report) rewrite(s template.String, value string) []diag.Edit {
	var before, after strings.Builder
	armjson.WriteString(&before, s.Value)
	armjson.WriteString(&after, value)
	return r.replace(s.Range, before.String(), after.String())
}

// replace puts one text in the place of another, if that is what stands there.
func (r *report) replace(at diag.Range, before, after string) []diag.Edit {
	src := r.files[at.File]
	from, to := at.Start.Byte, at.End.Byte
	if from < 0 || to > len(src) || from >= to || string(src[from:to]) != before {
		return nil
	}
	return []diag.Edit{{Range: at, Text: after}}
}
