package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// uriPage is about an address of a file's page at GitHub, which is HTML; the file itself is at another one.
func uriPage(t *template.ImageTemplate, r *report) {
	for _, d := range downloads(t) {
		u, ok := d.remote()
		if !ok || !strings.EqualFold(u.Host, "github.com") || u.RawQuery != "" {
			continue
		}
		parts := strings.Split(u.Path, "/") // "", owner, repository, "blob", branch, path…
		if len(parts) < 6 || parts[3] != "blob" {
			continue
		}
		raw := "https://raw.githubusercontent.com/" + strings.Join(append(parts[1:3:3], parts[4:]...), "/")
		f := finding{at: d.uri.Range, path: d.at(), summary: "this is the address of a page about the file",
			why: "GitHub answers with HTML, and that is what would run", fix: "write " + raw}
		if d.checksum.IsAbsent() {
			f.edits = r.rewrite(d.uri, raw)
		}
		r.add(f)
	}
}
