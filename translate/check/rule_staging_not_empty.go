package check

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// stagingNotEmpty goes by the resources that a template names and that exist before it does: where one of them is, is
// no empty group.
func stagingNotEmpty(t *template.ImageTemplate, r *report) {
	staging, ok := t.StagingResourceGroup.Get()
	if !ok || !groupID.MatchString(staging) || template.Placeholder(staging) != "" {
		return
	}
	for _, id := range ids(t) {
		if strings.HasPrefix(id.path, "properties.distribute") && !strings.HasSuffix(id.path, ".galleryImageId") ||
			id.path == "properties.stagingResourceGroup" {
			continue // a managed image may be made there by the run itself
		}
		if strings.EqualFold(segment(id.Value, "subscriptions"), segment(staging, "subscriptions")) &&
			strings.EqualFold(segment(id.Value, "resourceGroups"), segment(staging, "resourceGroups")) {
			r.add(finding{at: t.StagingResourceGroup.Range, path: "properties.stagingResourceGroup",
				summary: fmt.Sprintf("the staging group %q is not empty", segment(staging, "resourceGroups")),
				why:     "a group that exists must be empty: the service keeps the resources of its runs there, and removes them",
				fix:     "name a group of its own",
				related: id.Range, relatedMessage: "this is in the same group"})
			return
		}
	}
}
