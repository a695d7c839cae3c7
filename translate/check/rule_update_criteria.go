package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// updateCriteria reads the searchCriteria as far as to know that the Windows Update Agent refuses them.
// Reference: https://learn.microsoft.com/windows/win32/api/wuapi/nf-wuapi-iupdatesearcher-search
func updateCriteria(t *template.ImageTemplate, r *report) {
	windowsUpdates(t, func(u *template.WindowsUpdate) {
		text, ok := u.SearchCriteria.Get()
		if !ok || text == "" {
			return
		}
		if why := wrongCriteria(text); why != "" {
			r.add(finding{at: u.SearchCriteria.Range, path: u.Path + ".searchCriteria",
				summary: "these are no search criteria of the Windows Update Agent", why: why,
				fix: `write for example "IsInstalled=0 and BrowseOnly=0"`})
		}
	})
}

var criteriaNames = []string{
	"Type", "DeploymentAction", "IsAssigned", "BrowseOnly", "AutoSelectOnWebSites", "UpdateID", "RevisionNumber",
	"CategoryIDs", "IsInstalled", "IsHidden", "IsPresent", "RebootRequired",
}

var (
	criteriaJoint = regexp.MustCompile(`(?i)\s+(?:and|or)\s+`)
	criterion     = regexp.MustCompile(`(?i)^(\w+)\s*(?:!=|=|\s+contains\s+)\s*('[^']*'|\d+)$`)
)

// wrongCriteria says what is wrong with criteria such as "IsInstalled=0 and Type='Software'"; "" if nothing is.
func wrongCriteria(text string) string {
	if strings.Count(text, "(") != strings.Count(text, ")") {
		return "a parenthesis is open"
	}
	for _, part := range criteriaJoint.Split(strings.NewReplacer("(", " ", ")", " ").Replace(text), -1) {
		part = strings.TrimSpace(part)
		m := criterion.FindStringSubmatch(part)
		switch {
		case m == nil:
			return fmt.Sprintf("%q is not of the form name=value", part)
		case !slices.ContainsFunc(criteriaNames, func(n string) bool { return strings.EqualFold(n, m[1]) }):
			return fmt.Sprintf("%q is unknown; %s", m[1], diag.KnownNames(m[1], criteriaNames))
		}
	}
	return ""
}
