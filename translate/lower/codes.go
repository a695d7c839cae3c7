package lower

import "github.com/ingot-build/ingot/translate/diag"

// The findings of this package: what the plan has no form for yet. Everything else was found by translate/check.
const (
	// CodeWindows: the source, or a customizer, belongs to Windows.
	CodeWindows diag.Code = "ING2901"
	// CodeGalleryID: an id names neither a gallery image definition nor one of its versions.
	CodeGalleryID diag.Code = "ING2902"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeWindows, Severity: diag.Error, Summary: "the image template builds a Windows image, which Ingot cannot do yet"},
		{Code: CodeGalleryID, Severity: diag.Error,
			Summary: `"galleryImageId" names neither a gallery image definition nor one of its versions`},
	}
}
