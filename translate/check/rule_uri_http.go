package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// uriHTTP is content with a checksum: what was changed on the way is refused then.
func uriHTTP(t *template.ImageTemplate, r *report) {
	for _, d := range downloads(t) {
		u, ok := d.remote()
		sum, known := d.checksum.Get()
		if !ok || u.Scheme != "http" || !d.checksum.IsAbsent() && (!known || sum != "") {
			continue
		}
		f := finding{at: d.uri.Range, path: d.at(), summary: fmt.Sprintf("the file of %s comes over plain http", d.label),
			why: "whoever is on the way can put another one in its place, and it runs in the image",
			fix: `write https://, or add "sha256Checksum"`}
		r.add(f)
	}
}
