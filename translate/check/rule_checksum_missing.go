package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// checksumMissing is about a file that somebody else may change between two runs.
func checksumMissing(t *template.ImageTemplate, r *report) {
	for _, d := range downloads(t) {
		sum, known := d.checksum.Get()
		if _, ok := d.remote(); ok && (d.checksum.IsAbsent() || known && sum == "") && t.Since("2019-05-01-preview") {
			r.add(finding{at: d.uri.Range, path: d.at(),
				summary: fmt.Sprintf("the file of %s is taken as it comes", d.label),
				why:     "without a checksum nobody notices when it is another one",
				fix:     `add "sha256Checksum"; compute it with: sha256sum FILE`})
		}
	}
}
