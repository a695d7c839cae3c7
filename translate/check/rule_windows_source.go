package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// windowsPublishers are publishers in the Azure marketplace whose images are all Windows; a prefix is enough, in lower case.
var windowsPublishers = []string{
	"microsoftwindowsserver", "microsoftwindowsdesktop", "microsoftvisualstudio", "microsoftsharepoint", "microsoftdynamics",
	"microsoftbiztalkserver",
}

// windowsOffers mark the Windows images of publishers who have both kinds: "sql2022-ws2022", "dsvm-win-2019".
var windowsOffers = []string{"windows", "-ws20", "-win-"}

// mayBeWindows reports whether the template is meant for Windows, as far as it shows, or may be so, since what would show it is not
// known.
func mayBeWindows(t *template.ImageTemplate) bool {
	var list diag.List
	r := &report{list: &list}
	windowsSource(t, r)
	windowsCustomizer(t, r)
	if len(list) > 0 || !t.Customize.IsKnown() {
		return true
	}
	for _, c := range t.Customize.Value {
		if _, ok := c.(*template.UnknownCustomizer); ok {
			return true
		}
	}
	switch s := t.Source.(type) {
	case *template.UnknownSource:
		return true
	case *template.PlatformImage:
		return !s.Publisher.IsKnown() || !s.Offer.IsKnown()
	}
	return false
}

func windowsSource(t *template.ImageTemplate, r *report) {
	s, ok := t.Source.(*template.PlatformImage)
	if !ok {
		windowsPath(t, r)
		return
	}
	refuse := func(v template.String, property string) {
		r.add(finding{at: v.Range, path: "properties.source." + property,
			summary: fmt.Sprintf("%s %q has Windows images, which are not covered yet", property, v.Value),
			why:     "Ingot builds Linux images on this machine; Windows is still to come",
			fix:     "ingot image ls shows the images this machine knows"})
	}
	for _, prefix := range windowsPublishers {
		if strings.HasPrefix(strings.ToLower(s.Publisher.Value), prefix) {
			refuse(s.Publisher, "publisher")
			return
		}
	}
	for _, part := range windowsOffers {
		if strings.Contains(strings.ToLower(s.Offer.Value), part) {
			refuse(s.Offer, "offer")
			return
		}
	}
}

// windowsPath is about a source that shows nothing itself.
func windowsPath(t *template.ImageTemplate, r *report) {
	_, settled := sourceSystem(t)
	if e := pathSystem(t); settled && e.system == windows && buildSystem(t).system == unknownSystem {
		r.add(finding{at: e.at, path: "properties.source", summary: "the source is a Windows image, which is not covered yet",
			why: e.what, fix: "write the path of a Linux image: /tmp/NAME"})
	}
}
