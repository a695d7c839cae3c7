package lower

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package: what has a meaning in an image template and no form in what is made of it.
const (
	CodePackerBraces diag.Code = "ING3901"
	CodeNotKnown     diag.Code = "ING3902"
	CodeLeftOut      diag.Code = "ING3903"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodePackerBraces, Severity: diag.Error, Summary: `a File customizer's destination contains "{{", which Packer cannot write to`},
		{Code: CodeNotKnown, Severity: diag.Error, Summary: "the build needs a value that is not known before the deployment"},
		{Code: CodeLeftOut, Severity: diag.Warning,
			Summary: "a value that would be recorded with the image is not known before the deployment, and is left out"},
	}
}
