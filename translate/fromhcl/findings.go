package fromhcl

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/hcltext"
)

// The findings of this package.
const (
	CodeNotRead  diag.Code = "ING2601"
	CodeNoSource diag.Code = "ING2602"
	CodeLost     diag.Code = "ING2603"
	CodeOther    diag.Code = "ING2604"
	CodeItself   diag.Code = "ING2605"
	CodeAsked    diag.Code = "ING2606"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeNotRead, Severity: diag.Error, Summary: "a Packer template cannot be read"},
		{Code: CodeNoSource, Severity: diag.Error, Summary: "a Packer template has not just one azure-arm source that is built"},
		{Code: CodeLost, Severity: diag.Warning, Summary: "a part of a Packer template has no counterpart in an image template, and is left out"},
		{Code: CodeOther, Severity: diag.Warning, Summary: "the service does a part of a Packer template otherwise"},
		{Code: CodeItself, Severity: diag.Info, Summary: "the service does a part of a Packer template by itself"},
		{Code: CodeAsked, Severity: diag.Warning, Summary: "a value of a Packer template is not known, and became a parameter"},
	}
}

func (m *importing) add(d diag.Diagnostic) { m.list.Add(d) }

// lost says that something has no counterpart.
func (m *importing) lost(r hcl.Range, summary, why string) {
	m.add(diag.Diagnostic{Severity: diag.Warning, Code: CodeLost, Subject: rangeOf(&r), Summary: summary, Why: why})
}

// other says that the service does something otherwise.
func (m *importing) other(r hcl.Range, summary, why, fix string) {
	m.add(diag.Diagnostic{Severity: diag.Warning, Code: CodeOther, Subject: rangeOf(&r), Summary: summary, Why: why, Fix: fix})
}

// itself says that the service does something without being asked.
func (m *importing) itself(r hcl.Range, summary, why string) {
	m.add(diag.Diagnostic{Severity: diag.Info, Code: CodeItself, Subject: rangeOf(&r), Summary: summary, Why: why})
}

// rangeOf is a range of HCL in our terms; the zero Range for nil.
func rangeOf(r *hcl.Range) diag.Range {
	if r == nil {
		return diag.Range{}
	}
	return hcltext.Range(*r)
}

// sentence makes a sentence of HCL go on from ours: in lower case, on one line, without a full stop.
func sentence(s string) string {
	s = strings.TrimSuffix(strings.Join(strings.Fields(s), " "), ".")
	_, n := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(next) { // an abbreviation
		return s
	}
	return hcltext.LowerFirst(s)
}
