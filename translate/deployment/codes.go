package deployment

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package.
const (
	CodeNoImageTemplate  diag.Code = "ING1101"
	CodeMissingParameter diag.Code = "ING1102"
	CodeUnknownParameter diag.Code = "ING1103"
	CodeBadParameter     diag.Code = "ING1104"
	CodeDeclaration      diag.Code = "ING1105"
	CodeExpression       diag.Code = "ING1106"
	CodeNotCovered       diag.Code = "ING1107"
	CodeCycle            diag.Code = "ING1108"
	CodeShape            diag.Code = "ING1109"
	CodeCondition        diag.Code = "ING1110"
	CodeBareExpression   diag.Code = "ING1111"
	CodeUnknown          diag.Code = "ING1112"
	CodeLimit            diag.Code = "ING1113"
	CodeBudget           diag.Code = "ING1114"
	CodeLinked           diag.Code = "ING1115"
	CodeTwice            diag.Code = "ING1116"
	CodeBadOutput        diag.Code = "ING1117"
	CodeOtherExample     diag.Code = "ING1118"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeNoImageTemplate, Severity: diag.Error,
			Summary: "the document is JSON, but there is no image template in it"},
		{Code: CodeMissingParameter, Severity: diag.Error, Summary: "a parameter has neither a value nor a default"},
		{Code: CodeUnknownParameter, Severity: diag.Error,
			Summary: "a value is given for a parameter that the deployment template does not have"},
		{Code: CodeBadParameter, Severity: diag.Error,
			Summary: "the value of a parameter is not one that its declaration allows"},
		{Code: CodeDeclaration, Severity: diag.Error,
			Summary: "the declaration of a parameter, an output, a function or a type is wrong"},
		{Code: CodeExpression, Severity: diag.Error,
			Summary: "an expression is wrong: its syntax, a name in it, or the values it works on"},
		{Code: CodeNotCovered, Severity: diag.Warning,
			Summary: "a resource is left out since it is not one of Azure Resource Manager, but of an extension"},
		{Code: CodeCycle, Severity: diag.Error, Summary: "a variable or default value needs itself"},
		{Code: CodeShape, Severity: diag.Error,
			Summary: "a section of the deployment template has the wrong JSON type"},
		{Code: CodeCondition, Severity: diag.Warning,
			Summary: "an image template is left out since its condition is false"},
		{Code: CodeBareExpression, Severity: diag.Warning,
			Summary: "a bare image template holds what looks like an expression; nothing evaluates it there"},
		{Code: CodeUnknown, Severity: diag.Warning,
			Summary: "a condition, the count of a loop or a scope is not known before the deployment"},
		{Code: CodeLimit, Severity: diag.Error, Summary: "the deployment template exceeds a limit of the service"},
		{Code: CodeBudget, Severity: diag.Error,
			Summary: "evaluating the deployment template takes more work or memory than Ingot allows"},
		{Code: CodeLinked, Severity: diag.Warning,
			Summary: "a linked template or parameter file is not looked into, or cannot be had"},
		{Code: CodeTwice, Severity: diag.Error, Summary: "a resource is in the deployment template twice"},
		{Code: CodeBadOutput, Severity: diag.Error,
			Summary: "the value of an output is not of the type that is declared"},
		{Code: CodeOtherExample, Severity: diag.Error,
			Summary: "an example of the REST API is about something else than a whole image template; no error when it is only validated"},
	}
}
