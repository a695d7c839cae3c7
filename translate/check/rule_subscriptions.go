package check

import (
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// subscriptions holds two properties against each other that must both lie in the subscription of the template. That
// one is not written in it.
func subscriptions(t *template.ImageTemplate, r *report) {
	source, ok := t.Source.(*template.ManagedImage)
	if !ok {
		return
	}
	image, ok := source.ImageID.Get()
	group, known := t.StagingResourceGroup.Get()
	a, b := segment(image, "subscriptions"), segment(group, "subscriptions")
	if !ok || !known || a == "" || b == "" || strings.EqualFold(a, b) || template.Placeholder(image+group) != "" {
		return
	}
	r.add(finding{at: t.StagingResourceGroup.Range, path: "properties.stagingResourceGroup",
		summary: "the staging group and the source are in different subscriptions",
		why:     "both must be in that of the image template",
		related: source.ImageID.Range, relatedMessage: "the source is here"})
}
