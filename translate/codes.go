package translate

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package: which image template is meant.
const (
	CodeSeveral    diag.Code = "ING1901"
	CodeNoSuchName diag.Code = "ING1902"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeSeveral, Severity: diag.Error, Summary: "the file has several image templates and none was chosen"},
		{Code: CodeNoSuchName, Severity: diag.Error, Summary: "the file has no image template of the chosen name"},
	}
}
