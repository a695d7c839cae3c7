package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// hardenedSource is about images of the Center for Internet Security, whose policies get in the way of a build.
func hardenedSource(t *template.ImageTemplate, r *report) {
	s, ok := t.Source.(*template.PlatformImage)
	if !ok || !strings.EqualFold(s.Publisher.Value, "center-for-internet-security-inc") {
		return
	}
	r.add(finding{at: s.Publisher.Range, path: "properties.source.publisher",
		summary: "builds on CIS hardened images are known to break",
		why:     "their policies close WinRM to the service, or do not let scripts be executed",
		fix:     "start from an image that is not hardened, and harden it in the last customizer"})
}
