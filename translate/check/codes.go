package check

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package. ING21xx are about the template, whatever is made of it; ING30xx name what Ingot does not
// cover; ING31xx are about the target.
const (
	CodeTemplateName      diag.Code = "ING2101"
	CodeAPIVersion        diag.Code = "ING2102"
	CodeShellOneScript    diag.Code = "ING2103"
	CodeChecksum          diag.Code = "ING2104"
	CodeFileDestination   diag.Code = "ING2105"
	CodeSourceID          diag.Code = "ING2106"
	CodePlatformImage     diag.Code = "ING2107"
	CodeDistributeNothing diag.Code = "ING2108"
	CodeRunOutputName     diag.Code = "ING2109"
	CodeRunOutputTwice    diag.Code = "ING2110"
	CodeManagedImageID    diag.Code = "ING2111"
	CodeGalleryImageID    diag.Code = "ING2112"
	CodeRegions           diag.Code = "ING2113"
	CodeVersioning        diag.Code = "ING2114"
	CodeVersionAndScheme  diag.Code = "ING2115"
	CodeBuildTimeout      diag.Code = "ING2116"
	CodeIdentity          diag.Code = "ING2117"
	CodeKnownValue        diag.Code = "ING2118"
	CodeSizes             diag.Code = "ING2119"
	CodePlaceholder       diag.Code = "ING2120"
	CodeNoIdentityOld     diag.Code = "ING2121"

	CodeWindowsCustomizer diag.Code = "ING3001"
	CodeWindowsSource     diag.Code = "ING3002"
	CodeISOSource         diag.Code = "ING3003"
	CodeValidators        diag.Code = "ING3004"
	CodeOptimize          diag.Code = "ING3005"
	CodeWorkload          diag.Code = "ING3006"
	CodeAutoRun           diag.Code = "ING3007"
	CodeDataDisks         diag.Code = "ING3008"
	CodeErrorHandling     diag.Code = "ING3009"
	CodeSourceVersioning  diag.Code = "ING3010"
	CodeUnhandled         diag.Code = "ING3011"
	CodePlaceholderName   diag.Code = "ING3012"
	CodeBuildNothing      diag.Code = "ING3013"

	CodeNoEffect diag.Code = "ING3101"
	CodePlanInfo diag.Code = "ING3102"
)
