package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// diskShrinks goes by publishers whose images have one size of disk, in GB.
func diskShrinks(t *template.ImageTemplate, r *report) {
	s, ok := t.Source.(*template.PlatformImage)
	size := t.VMProfile.OSDiskSizeGB
	gb, known := size.Get()
	if !ok || !known || gb <= 0 || !s.Publisher.IsKnown() || !s.Offer.IsKnown() || !s.SKU.IsKnown() {
		return
	}
	if has := sourceDiskGB(s); gb < has {
		r.add(finding{at: size.Range, path: "properties.vmProfile.osDiskSizeGB",
			summary: fmt.Sprintf("the OS disk is to have %d GB, and that of the source has %d", gb, has),
			why:     "a disk can grow and not shrink", fix: fmt.Sprintf("write %d or more, or leave it out", has),
			related: s.SKU.Range, relatedMessage: "the source is here"})
	}
}

// sourceDiskGB is the size that the OS disk of a marketplace image has at least; 0 if that is not certain.
func sourceDiskGB(s *template.PlatformImage) int64 {
	publisher, sku := strings.ToLower(s.Publisher.Value), strings.ToLower(s.SKU.Value)
	server := publisher == "microsoftwindowsserver" && strings.EqualFold(s.Offer.Value, "WindowsServer")
	switch {
	case server && strings.Contains(sku, "small"), publisher == "canonical":
		return 30
	case server, publisher == "microsoftwindowsdesktop":
		return 127
	}
	return 0
}
