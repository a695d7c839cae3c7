package check

import (
	"slices"

	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
)

// References that several rules share.
const (
	refTemplate = "https://learn.microsoft.com/azure/virtual-machines/linux/image-builder-json"
	refSchema   = "https://learn.microsoft.com/azure/templates/microsoft.virtualmachineimages/imagetemplates"
)

// Rules returns every rule: those about the template by code, then those about scripts. Codes are distinct over all packages of translate.
func Rules() []Rule {
	return slices.Concat(
		ownRules(),
		aboutScripts(script.Shell, shell.Parse, shell.Rules()),
	)
}

func ownRules() []Rule {
	return []Rule{
		{CodeTemplateName, diag.Error, "the name of the image template has characters the service refuses",
			refSchema, "", templateName},
		{CodeAPIVersion, diag.Error, "the api-version was never published",
			refSchema, "", apiVersion},
		{CodeShellOneScript, diag.Error, "a customizer that runs a script needs exactly one of inline and scriptUri",
			refTemplate + "#shell-customizer", "", shellOneScript},
		{CodeChecksum, diag.Error, "a checksum is not a SHA-256 in lower-case hex, or has no file to check",
			refTemplate + "#shell-customizer", "", checksum},
		{CodeFileDestination, diag.Error, "a File customizer cannot write to its destination",
			refTemplate + "#file-customizer", "", fileDestination},
		{CodeSourceID, diag.Error, "the id of the source has the wrong form",
			refTemplate + "#properties-source", "", sourceID},
		{CodePlatformImage, diag.Error, "a name of the marketplace image is empty",
			refTemplate + "#platformimage-source", "", platformImage},
		{CodeDistributeNothing, diag.Warning, "there is no distributor, so nothing would come out",
			refTemplate + "#properties-distribute", "", distributeNothing},
		{CodeRunOutputName, diag.Error, "a runOutputName has characters the service refuses",
			refSchema, "", runOutputName},
		{CodeRunOutputTwice, diag.Error, "two distributors have the same runOutputName",
			refTemplate + "#properties-distribute", "", runOutputTwice},
		{CodeManagedImageID, diag.Error, "the imageId of a ManagedImage distributor has the wrong form",
			refTemplate + "#distribute-managedimage", "", managedImageID},
		{CodeGalleryImageID, diag.Error, "a galleryImageId names neither an image definition nor a version x.y.z of one",
			refTemplate + "#distribute-sharedimage", "", galleryImageID},
		{CodeRegions, diag.Error, "replicationRegions and targetRegions exclude each other",
			refTemplate + "#distribute-sharedimage", "", regions},
		{CodeVersioning, diag.Error, "versioning has an unknown scheme, or a major below -1",
			refTemplate + "#versioning", "", versioning},
		{CodeVersionAndScheme, diag.Error, "the version is both written in the galleryImageId and left to versioning",
			refTemplate + "#versioning", "", versionAndScheme},
		{CodeBuildTimeout, diag.Error, "buildTimeoutInMinutes is neither 0 nor 6 to 960",
			refTemplate + "#properties-buildtimeoutinminutes", "", buildTimeout},
		{CodeIdentity, diag.Error, "the template needs exactly one user-assigned identity",
			refTemplate + "#identity", "", identity},
		{CodeKnownValue, diag.Error, "a property has a value that the service does not know",
			refSchema, "", knownValue},
		{CodeSizes, diag.Error, "a size or count is out of its limits",
			refSchema, "", sizes},
		{CodePlaceholder, diag.Warning, "a name, id, region or address still has a placeholder",
			refTemplate, "", placeholder},
		{CodeNoIdentityOld, diag.Warning, "the template has no identity, in an api-version whose shape can do without",
			refTemplate + "#identity", "", noIdentityOld},

		{CodeWindowsCustomizer, diag.Error, "customizers for Windows are not covered yet",
			refTemplate + "#powershell-customizer", QEMU, windowsCustomizer},
		{CodeWindowsSource, diag.Error, "Windows images are not covered yet",
			refTemplate + "#platformimage-source", QEMU, windowsSource},
		{CodeISOSource, diag.Error, "ISO sources are not covered; the service refuses them since March 2020",
			refTemplate, QEMU, isoSource},
		{CodeValidators, diag.Error, "validation is not covered yet",
			refTemplate + "#properties-validate", QEMU, validators},
		{CodeOptimize, diag.Error, "boot optimization is not covered yet",
			refTemplate + "#properties-optimize", QEMU, optimize},
		{CodeWorkload, diag.Error, "workload optimization is not covered yet",
			refTemplate + "#properties-optimize", QEMU, workload},
		{CodeAutoRun, diag.Error, "auto run is not covered yet",
			refTemplate + "#properties-autorun", QEMU, autoRun},
		{CodeDataDisks, diag.Error, "additional data disks are not covered yet",
			refSchema, QEMU, dataDisks},
		{CodeErrorHandling, diag.Error, `error handling "abort" is not covered yet`,
			refTemplate + "#properties-errorhandling", QEMU, errorHandling},
		{CodeSourceVersioning, diag.Error, `the versioning scheme "Source" is not covered yet`,
			refTemplate + "#versioning", QEMU, sourceVersioning},
		{CodeUnhandled, diag.Error, "a property is known to the service and not covered by Ingot",
			refSchema, QEMU, unhandled},
		{CodePlaceholderName, diag.Error, "a placeholder stands where a build on this machine wants a name",
			refTemplate, QEMU, placeholderName},
		{CodeBuildNothing, diag.Error, "there is no distributor, and a build on this machine would keep nothing",
			refTemplate + "#properties-distribute", QEMU, buildNothing},

		{CodeNoEffect, diag.Warning, "a property has no effect on this machine",
			refTemplate, QEMU, noEffect},
		{CodePlanInfo, diag.Warning, "no purchase plan is bought on this machine",
			refTemplate + "#platformimage-source", QEMU, planInfo},
	}
}
