package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// emptySHA256 is the checksum of no bytes at all: what a failed download comes to when it is piped into sha256sum.
const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func checksumEmpty(t *template.ImageTemplate, r *report) {
	for _, d := range downloads(t) {
		if sum, ok := d.checksum.Get(); ok && strings.EqualFold(sum, emptySHA256) {
			r.add(finding{at: d.checksum.Range, path: d.path + ".sha256Checksum",
				summary: "this is the checksum of an empty file",
				why:     "a download that failed gives it", fix: "compute it from the file itself: sha256sum FILE"})
		}
	}
}
