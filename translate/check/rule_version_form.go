package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// versionForm leaves an empty version to platformImage.
func versionForm(t *template.ImageTemplate, r *report) {
	s, ok := t.Source.(*template.PlatformImage)
	if !ok {
		return
	}
	v, ok := s.Version.Get()
	if !ok || v == "" || strings.EqualFold(v, "latest") || exactVersion(v) || template.Placeholder(v) != "" {
		return
	}
	r.add(finding{at: s.Version.Range, path: "properties.source.version",
		summary: fmt.Sprintf("%q is not a version of a marketplace image", v),
		why:     "versions are three whole numbers, x.y.z, or latest",
		fix:     "list them with: az vm image list --all --publisher … --offer … --sku …"})
}
