package check

import (
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

// uriBlob says what the service wants to read a blob. An address with a signature brings its own right, as far as it
// goes.
func uriBlob(t *template.ImageTemplate, r *report) {
	for _, d := range downloads(t) {
		u, ok := d.remote()
		if !ok || u.Query().Has("sig") || !blobHost.MatchString(u.Host) {
			continue
		}
		r.add(finding{at: d.uri.Range, path: d.at(), summary: "the identity of the template must be able to read this blob",
			why: "the service reads storage accounts as the identity, also those that are public",
			fix: "give it the role Storage Blob Data Reader on the container"})
	}
}

var blobHost = regexp.MustCompile(`(?i)^[a-z0-9]{3,24}\.blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)$`)
