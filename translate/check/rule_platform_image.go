package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func platformImage(t *template.ImageTemplate, r *report) {
	s, ok := t.Source.(*template.PlatformImage)
	if !ok {
		return
	}
	for _, p := range []struct {
		name  string
		value template.String
	}{{"publisher", s.Publisher}, {"offer", s.Offer}, {"sku", s.SKU}, {"version", s.Version}} {
		if v, ok := p.value.Get(); ok && v == "" {
			r.add(finding{at: p.value.Range, path: "properties.source." + p.name,
				summary: fmt.Sprintf("the %s of the marketplace image is empty", p.name),
				why:     "an image is named by publisher, offer, sku and version",
				fix:     "ingot image ls shows the images this machine knows"})
		}
	}
}
