package staging

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// The tags that the service writes on its staging resource groups, and Ingot too.
const (
	CreatedByTag     = "createdBy" // on a group that Ingot made
	UsedByTag        = "usedBy"    // on one that was there before
	templateTag      = "imageTemplateName"
	templateGroupTag = "imageTemplateResourceGroupName"

	By = "Ingot" // the value of CreatedByTag and UsedByTag
)

// Limits of tags, which Azure counts in characters. The names of a storage account's are shorter; that one is found by a build only
// where a template has such tags and makes an account.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
	noTagName   = `<>%&\?/`
)

// groupTags are those that the group gets beside its own: the service's, and the mark. adopted says that it was there before.
func groupTags(r Request, mark azurearm.Mark, adopted bool) map[string]string {
	tags := map[string]string{templateTag: firstRunes(r.Plan.Name, maxTagValue)}
	if r.TemplateGroup != "" {
		tags[templateGroupTag] = firstRunes(r.TemplateGroup, maxTagValue)
	}
	if adopted {
		tags[UsedByTag] = By
	} else {
		tags[CreatedByTag] = By
	}
	return mark.On(tags)
}

// resourceTags are those of everything that the run makes: managedResourceTags, which win over the service's, and the mark.
func resourceTags(r Request, group map[string]string) map[string]string {
	tags := maps.Clone(group)
	for name, value := range r.Plan.Azure.ResourceTags {
		put(tags, name, value)
	}
	return tags
}

// put sets a tag, in the place of one with the same name in another letter case.
func put(tags map[string]string, name, value string) {
	maps.DeleteFunc(tags, func(have, _ string) bool { return strings.EqualFold(have, name) })
	tags[name] = value
}

// checkTags looks at managedResourceTags, and at how many tags the resources would have.
func checkTags(r Request) error {
	const fix = "change managedResourceTags"
	own := r.Plan.Azure.ResourceTags
	for _, name := range slices.Sorted(maps.Keys(own)) {
		value := own[name]
		switch {
		case name == "" || utf8.RuneCountInString(name) > maxTagName || strings.ContainsAny(name, noTagName):
			return &Problem{What: fmt.Sprintf("%.80q cannot be the name of a tag", name),
				Why: fmt.Sprintf("it has up to %d characters, and none of %s", maxTagName, noTagName), Fix: fix}
		case utf8.RuneCountInString(value) > maxTagValue:
			return &Problem{What: fmt.Sprintf("the value of the tag %.80q has %d characters", name, utf8.RuneCountInString(value)),
				Why: fmt.Sprintf("Azure takes up to %d", maxTagValue), Fix: fix}
		case reserved(name):
			return &Problem{What: fmt.Sprintf("managedResourceTags has %q", name),
				Why: "by that tag Ingot knows again what it made", Fix: "take it out of managedResourceTags"}
		}
	}
	if n := len(resourceTags(r, groupTags(r, azurearm.Mark{}, false))); n > maxTags {
		return &Problem{What: fmt.Sprintf("the run's resources would have %d tags", n),
			Why: fmt.Sprintf("Azure takes up to %d; managedResourceTags has %d, the others are Ingot's own", maxTags, len(own)), Fix: fix}
	}
	return nil
}

func reserved(name string) bool {
	return slices.ContainsFunc([]string{azurearm.RunTag, azurearm.HostTag, azurearm.ExpiresTag, azurearm.OutputTag},
		func(r string) bool { return strings.EqualFold(name, r) })
}

func firstRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
