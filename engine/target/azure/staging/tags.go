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

// ownTags are those names: no other is taken off, whatever a tag says.
var ownTags = []string{CreatedByTag, UsedByTag, templateTag, templateGroupTag}

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

// addedTag is on a group that was there before: the names of the tags beside the mark that it got, with commas between them. What it had
// before is kept, and kept again when they are taken off.
const addedTag = "ingot-added"

// adoptedTags are the tags of a group that is taken over: its own, the service's as far as it has none of that name, and the mark.
func adoptedTags(have map[string]*string, tags map[string]string) map[string]*string {
	all := maps.Clone(have)
	if all == nil {
		all = map[string]*string{}
	}
	var added []string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		value := tags[name]
		if reserved(name) {
			all[name] = &value
			continue
		}
		if _, has := azurearm.Tag(have, name); !has {
			all[name] = &value
			added = append(added, name)
		}
	}
	if len(added) > 0 {
		all[addedTag] = new(strings.Join(added, ","))
	}
	return all
}

// TakeOff gives the tags of a group without those that Open put on it. With keep those stay that say which image template it is for.
func TakeOff(tags map[string]*string, keep bool) map[string]*string {
	added, _ := azurearm.Tag(tags, addedTag)
	all := maps.Clone(tags)
	maps.DeleteFunc(all, func(name string, _ *string) bool {
		return reserved(name) || !keep && slices.ContainsFunc(strings.Split(added, ","), func(a string) bool {
			return slices.ContainsFunc(ownTags, func(own string) bool { return strings.EqualFold(own, a) }) && strings.EqualFold(a, name)
		})
	})
	return all
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
	return slices.ContainsFunc([]string{azurearm.RunTag, azurearm.HostTag, azurearm.ExpiresTag, azurearm.OutputTag, addedTag},
		func(r string) bool { return strings.EqualFold(name, r) })
}

func firstRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
