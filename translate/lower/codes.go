package lower

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package: what has a meaning in an image template and no form in what is made of it.
const CodePackerBraces diag.Code = "ING3901"

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodePackerBraces, Severity: diag.Error, Summary: `a File customizer's destination contains "{{", which Packer cannot write to`},
	}
}
