package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// The names that resources can have.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
var (
	groupName      = regexp.MustCompile(`^[\p{L}\p{N}_().-]{1,90}$`)
	imageName      = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$`)
	galleryName    = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_.]{0,78}[A-Za-z0-9])?$`)
	definitionName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9])?$`)
)

// wrongGroupName says what is wrong with the name of a resource group; "" if nothing is.
func wrongGroupName(name string) string {
	switch {
	case !groupName.MatchString(name):
		return "letters, digits, underscore, parentheses, dot and dash are allowed, 1 to 90 of them"
	case strings.HasSuffix(name, "."):
		return "it ends in a dot"
	}
	return ""
}

// resourceNames looks at the parts of ids that have the right form. No resource with such a name exists, or can be
// made.
func resourceNames(t *template.ImageTemplate, r *report) {
	for _, id := range ids(t) {
		if id.path == "properties.stagingResourceGroup" {
			continue // see stagingID
		}
		add := func(what, name, why string) {
			r.add(finding{at: id.Range, path: id.path, summary: fmt.Sprintf("%s cannot be named %q", what, name), why: why})
		}
		if group := segment(id.Value, "resourceGroups"); group != "" && wrongGroupName(group) != "" {
			add("a resource group", group, wrongGroupName(group))
		}
		gallery, name := segment(id.Value, "galleries"), segment(id.Value, "images")
		switch {
		case gallery != "" && !galleryName.MatchString(gallery):
			why := "letters, digits, underscore and dot are allowed, 1 to 80 of them, and it begins and ends with a letter or digit"
			if strings.Contains(gallery, "-") {
				why = "a dash is not allowed; " + why
			}
			add("a gallery", gallery, why)
		case gallery != "" && name != "" && !definitionName.MatchString(name):
			add("an image definition", name,
				"letters, digits, underscore, dot and dash are allowed, 1 to 80 of them, and it begins and ends with a letter or digit")
		case gallery == "" && name != "" && !imageName.MatchString(name):
			add("a managed image", name,
				"letters, digits, underscore, dot and dash are allowed, 1 to 80 of them, and it begins with a letter or digit")
		}
	}
}
