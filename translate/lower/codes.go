package lower

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package: what has a meaning in an image template and no form in what is made of it.
const (
	CodePackerBraces diag.Code = "ING3901"
	CodeNotKnown     diag.Code = "ING3902"
	CodeLeftOut      diag.Code = "ING3903"
	// CodeAzureLeftOut does not count where a build VM is not in Azure.
	CodeAzureLeftOut  diag.Code = "ING3904"
	CodeSystemGuessed diag.Code = "ING3905"
	CodeNotNFC        diag.Code = "ING3906"

	// CodePackerLacks and CodePackerRefuses are of cmd/internal/cli, which says what the Packer template of a plan does not do, and
	// why there is none.
	CodePackerLacks   diag.Code = "ING3907"
	CodePackerRefuses diag.Code = "ING3908"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodePackerBraces, Severity: diag.Error, Summary: `a File customizer's destination contains "{{", which Packer cannot write to`},
		{Code: CodeNotKnown, Severity: diag.Error, Summary: "the build needs a value that is not known before the deployment"},
		{Code: CodeLeftOut, Severity: diag.Warning,
			Summary: "a value that would be recorded with the image is not known before the deployment, and is left out"},
		{Code: CodeAzureLeftOut, Severity: diag.Warning,
			Summary: "a value that says where in Azure the build VM is, or as whom it acts, is not known before the deployment, and is left out"},
		{Code: CodeSystemGuessed, Severity: diag.Warning,
			Summary: "nothing in the image template shows whether its source is Linux or Windows; it is taken for Linux"},
		{Code: CodeNotNFC, Severity: diag.Error,
			Summary: "a path or command is not in Unicode's form NFC, so that a Packer template cannot hold it exactly"},
		{Code: CodePackerLacks, Severity: diag.Warning,
			Summary: "the Packer template cannot do a part of the image template, for lack of a field of the plugin or by what its builder can do"},
		{Code: CodePackerRefuses, Severity: diag.Error,
			Summary: "no Packer template for the target can hold a part of the image template"},
	}
}
