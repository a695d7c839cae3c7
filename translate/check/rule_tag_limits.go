package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// The limits of the Resource Manager.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
	notInTag    = `<>%&\?/`
)

// tagLimits leaves the tags of a VHD alone: that is no resource.
func tagLimits(t *template.ImageTemplate, r *report) {
	everyTags(t, func(tags template.List[template.Tag], path string, onResource bool) {
		if !onResource {
			return
		}
		if n := len(tags.Value); n > maxTags {
			r.add(finding{at: tags.Range, path: path, summary: fmt.Sprintf("there are %d tags", n),
				why: fmt.Sprintf("a resource has at most %d", maxTags)})
		}
		for _, tag := range tags.Value {
			if name, ok := tag.Key.Get(); ok {
				if why := wrongTagName(name); why != "" {
					r.add(finding{at: tag.Key.Range, path: path, summary: "a tag cannot have this name", why: why})
				}
			}
			if value, ok := tag.Value.Get(); ok && len([]rune(value)) > maxTagValue {
				r.add(finding{at: tag.Value.Range, path: path,
					summary: fmt.Sprintf("the value of a tag has %d characters", len([]rune(value))),
					why:     fmt.Sprintf("it has at most %d", maxTagValue)})
			}
		}
	})
}

func wrongTagName(name string) string {
	switch n := len([]rune(name)); {
	case n == 0:
		return "it is empty"
	case n > maxTagName:
		return fmt.Sprintf("it has %d characters, and at most %d are allowed", n, maxTagName)
	case strings.ContainsAny(name, notInTag) && template.Placeholder(name) == "":
		return "none of the characters " + notInTag + " is allowed"
	}
	return ""
}

// everyTags calls f for each map of tags; onResource reports whether they end up on a resource.
func everyTags(t *template.ImageTemplate, f func(tags template.List[template.Tag], path string, onResource bool)) {
	f(t.Tags, "tags", true)
	f(t.ManagedResourceTags, "properties.managedResourceTags", true)
	for _, d := range t.Distribute.Value {
		_, managed := d.(*template.DistributeManagedImage)
		_, shared := d.(*template.DistributeSharedImage)
		f(d.Base().ArtifactTags, d.Base().Path+".artifactTags", managed || shared)
	}
}
