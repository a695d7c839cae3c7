package template

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package.
const (
	CodeWrongType       diag.Code = "ING2001"
	CodeMissingProperty diag.Code = "ING2002"
	CodeUnknownProperty diag.Code = "ING2003"
	CodePropertyCase    diag.Code = "ING2004"
	CodePropertyVersion diag.Code = "ING2005"
	CodeUnknownType     diag.Code = "ING2006"
	CodeReadOnly        diag.Code = "ING2007"
	CodeNotUsed         diag.Code = "ING2008"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeWrongType, Severity: diag.Error,
			Summary: "a property has a value of another JSON type than the service reads"},
		{Code: CodeMissingProperty, Severity: diag.Error, Summary: "a required property is not written"},
		{Code: CodeUnknownProperty, Severity: diag.Error,
			Summary: "a property is unknown; a warning before api-version 2024-02-01, when the service ignored it"},
		{Code: CodePropertyCase, Severity: diag.Error,
			Summary: "a property differs from the known one by case; a warning before api-version 2024-02-01, when the service accepted it"},
		{Code: CodePropertyVersion, Severity: diag.Error,
			Summary: "a property is not part of this api-version; a warning before 2024-02-01, when the service ignored it"},
		{Code: CodeUnknownType, Severity: diag.Error,
			Summary: `a "type" names no known kind of source, customizer, validator or distributor`},
		{Code: CodeReadOnly, Severity: diag.Warning,
			Summary: "a property is written by the service only and is ignored in a template"},
		{Code: CodeNotUsed, Severity: diag.Warning,
			Summary: "a property of resources in general says nothing about an image template"},
	}
}
