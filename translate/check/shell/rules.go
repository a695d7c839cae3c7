package shell

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package.
const (
	CodeSyntax diag.Code = "ING2201"
)

const refShell = "https://learn.microsoft.com/azure/virtual-machines/linux/image-builder-json#shell-customizer"

// Rules returns every rule about shell scripts, by code.
func Rules() []Rule {
	return []Rule{
		{Code: CodeSyntax, Severity: diag.Error, Summary: "a shell script does not parse in the shell that runs it", Reference: refShell, Check: parses},
	}
}
