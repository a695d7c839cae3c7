package local

import "github.com/ingot-build/ingot/translate/diag"

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: codeDestination, Severity: diag.Error, Summary: "a distributor's destination has no place on this machine"},
	}
}
