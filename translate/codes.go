package translate

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package and of its callers, about what is around an image template: which one is meant, what cannot be read,
// what another program says.
const (
	CodeSeveral    diag.Code = "ING1901"
	CodeNoSuchName diag.Code = "ING1902"

	// CodeUnreadable, CodeSettings and CodeScriptSize are of cmd/internal/cli, which reads the files.
	CodeUnreadable diag.Code = "ING1903"
	CodeSettings   diag.Code = "ING1904"
	CodeScriptSize diag.Code = "ING1905"

	// CodeShellcheck stands for all that the program shellcheck says; its own code is in the summary.
	CodeShellcheck diag.Code = "ING2290"
)

// Codes lists these findings, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeSeveral, Severity: diag.Error, Summary: "the file has several image templates and none was chosen"},
		{Code: CodeNoSuchName, Severity: diag.Error, Summary: "the file has no image template of the chosen name"},
		{Code: CodeUnreadable, Severity: diag.Error, Summary: "a file or folder that was to be looked through cannot be read"},
		{Code: CodeSettings, Severity: diag.Error, Summary: "a setting in an ingot.hcl is wrong"},
		{Code: CodeScriptSize, Severity: diag.Info, Summary: "a script is too large to be looked into"},
		{Code: CodeShellcheck, Severity: diag.Warning,
			Summary: "shellcheck says something about a shell script; what it calls info or style is an info here too"},
	}
}
