package preflight

import "github.com/ingot-build/ingot/translate/diag"

// The findings about what a build on Azure needs.
const (
	CodeProvider      diag.Code = "ING4501"
	CodeStagingGroup  diag.Code = "ING4502"
	CodeIdentity      diag.Code = "ING4503"
	CodeSource        diag.Code = "ING4504"
	CodeTerms         diag.Code = "ING4505"
	CodeVMSize        diag.Code = "ING4506"
	CodeQuota         diag.Code = "ING4507"
	CodeSubnet        diag.Code = "ING4508"
	CodeResourceGroup diag.Code = "ING4509"
	CodeDefinition    diag.Code = "ING4510"
	CodeMisfit        diag.Code = "ING4511"
	CodeVersionTaken  diag.Code = "ING4512"
	CodeRegions       diag.Code = "ING4513"
	CodeStorage       diag.Code = "ING4514"
	CodePolicy        diag.Code = "ING4515"
	CodePermission    diag.Code = "ING4516"
	CodeNotAsked      diag.Code = "ING4517"
	CodeSubscription  diag.Code = "ING4518"
)

// Codes lists these findings, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeProvider, Severity: diag.Error, Summary: "a resource provider is not registered in the subscription"},
		{Code: CodeStagingGroup, Severity: diag.Error,
			Summary: "the staging resource group is not there, in another region, not empty, or another image template's"},
		{Code: CodeIdentity, Severity: diag.Error, Summary: "an identity of the build VM does not exist"},
		{Code: CodeSource, Severity: diag.Error, Summary: "the source image is not there, not in the build's region, or of another kind"},
		{Code: CodeTerms, Severity: diag.Error,
			Summary: "the terms of a paid marketplace image are not accepted, or its plan is not named"},
		{Code: CodeVMSize, Severity: diag.Error, Summary: "the VM size is not to be had in the region, or does not fit the source image"},
		{Code: CodeQuota, Severity: diag.Error, Summary: "a quota has no room for the build VM"},
		{Code: CodeSubnet, Severity: diag.Error, Summary: "the subnet is not there, in another region, or a service's own"},
		{Code: CodeResourceGroup, Severity: diag.Error, Summary: "the resource group of a managed image does not exist"},
		{Code: CodeDefinition, Severity: diag.Error, Summary: "the gallery or the image definition does not exist"},
		{Code: CodeMisfit, Severity: diag.Error,
			Summary: "the image definition is for another OS, state, generation, architecture or security type than the image"},
		{Code: CodeVersionTaken, Severity: diag.Error, Summary: "the image version is there already"},
		{Code: CodeRegions, Severity: diag.Error, Summary: "the gallery's own region is not among the target regions"},
		{Code: CodeStorage, Severity: diag.Error, Summary: "the container of a script, a file or a VHD does not exist"},
		{Code: CodePolicy, Severity: diag.Error, Summary: "a policy denies what the build makes"},
		{Code: CodePermission, Severity: diag.Error, Summary: "the builder lacks permissions at a scope"},
		{Code: CodeNotAsked, Severity: diag.Warning,
			Summary: "something could not be checked, since Azure did not answer or refused to tell"},
		{Code: CodeSubscription, Severity: diag.Error, Summary: "the builder does not know a subscription that the image template names"},
	}
}
