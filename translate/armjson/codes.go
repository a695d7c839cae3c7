package armjson

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package.
const (
	CodeTooLarge      diag.Code = "ING1001"
	CodeNotText       diag.Code = "ING1002"
	CodeEmpty         diag.Code = "ING1003"
	CodeOtherFormat   diag.Code = "ING1004"
	CodeUnexpected    diag.Code = "ING1005"
	CodeMissingComma  diag.Code = "ING1006"
	CodeNotClosed     diag.Code = "ING1007"
	CodeBadString     diag.Code = "ING1008"
	CodeBadLiteral    diag.Code = "ING1009"
	CodeTooDeep       diag.Code = "ING1010"
	CodeTextAfterEnd  diag.Code = "ING1011"
	CodeDuplicateKey  diag.Code = "ING1012"
	CodeComment       diag.Code = "ING1013"
	CodeTrailingComma diag.Code = "ING1014"
	CodeMultiLine     diag.Code = "ING1015"
	CodeByteOrderMark diag.Code = "ING1016"
	CodeTooManyErrors diag.Code = "ING1017"
	CodeMoreWarnings  diag.Code = "ING1018"
	CodeHalfCharacter diag.Code = "ING1019"
	CodeTooManyValues diag.Code = "ING1020"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeTooLarge, Severity: diag.Error,
			Summary: "the file is larger than 4 MiB, the limit of Azure Resource Manager"},
		{Code: CodeNotText, Severity: diag.Error, Summary: "the file is not UTF-8 text"},
		{Code: CodeEmpty, Severity: diag.Error, Summary: "the file is empty, or holds nothing but blanks and comments"},
		{Code: CodeOtherFormat, Severity: diag.Error,
			Summary: "the file is in another format: HCL, Bicep, YAML, XML, a script"},
		{Code: CodeUnexpected, Severity: diag.Error, Summary: "something stands where JSON wants something else"},
		{Code: CodeMissingComma, Severity: diag.Error, Summary: "a comma is missing between two values"},
		{Code: CodeNotClosed, Severity: diag.Error,
			Summary: "a bracket, string or comment is never closed, or is closed by the wrong bracket"},
		{Code: CodeBadString, Severity: diag.Error,
			Summary: "a string holds an unknown escape, or is not in double quotes"},
		{Code: CodeBadLiteral, Severity: diag.Error, Summary: "a bare word or number is not one that JSON has"},
		{Code: CodeTooDeep, Severity: diag.Error, Summary: "brackets are nested more than 200 deep"},
		{Code: CodeTextAfterEnd, Severity: diag.Error, Summary: "there is more text after the end of the JSON value"},
		{Code: CodeDuplicateKey, Severity: diag.Warning,
			Summary: "a property is written twice in one object; the last one counts"},
		{Code: CodeComment, Severity: diag.Warning, Summary: "the file has comments, which strict JSON readers refuse"},
		{Code: CodeTrailingComma, Severity: diag.Warning,
			Summary: "a comma stands before a closing bracket, which strict JSON readers refuse"},
		{Code: CodeMultiLine, Severity: diag.Warning,
			Summary: "a string holds raw line breaks or tabs, which strict JSON readers refuse"},
		{Code: CodeByteOrderMark, Severity: diag.Warning,
			Summary: "the file starts with a byte order mark, which strict JSON readers refuse"},
		{Code: CodeTooManyErrors, Severity: diag.Error, Summary: "reading stopped after 100 errors"},
		{Code: CodeMoreWarnings, Severity: diag.Warning, Summary: "the file has more than 100 warnings; the others are not shown"},
		{Code: CodeHalfCharacter, Severity: diag.Warning,
			Summary: "an escape stands for one half of a surrogate pair, which is no character; it is read as U+FFFD"},
		{Code: CodeTooManyValues, Severity: diag.Error,
			Summary: "the file has more than 500,000 values, which take more memory than a template is worth"},
	}
}
