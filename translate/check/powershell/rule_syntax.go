package powershell

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

func parses(f *File, report func(scriptrule.Finding)) {
	// A command that is not known may be what is missing, and a letter that is misread may be a quote.
	if f.Err == nil || len(f.Gaps) > 0 || f.Encoding == script.UTF8 && f.foreign() >= 0 {
		return
	}
	report(scriptrule.Finding{From: f.Err.From, To: f.Err.To, Summary: f.Err.Text,
		Why: "PowerShell reads a whole script before it runs any of it: nothing is done, and the customizer fails"})
}

var requiresNewer = regexp.MustCompile(`(?i)^#requires\s+(?:.*\s)?-(?:version\s+([0-9]+)|psedition\s+(core))`)

func newerSyntax(f *File, report func(scriptrule.Finding)) {
	const why = "customizers run Windows PowerShell 5.1, which reads the whole script first and cannot parse this: " +
		"nothing is done"
	for _, n := range f.Newer {
		report(scriptrule.Finding{From: n.From, To: n.To, Summary: n.What + " is syntax of PowerShell 7", Why: why,
			Fix: `write it for 5.1, as with if (…) { … } and $LASTEXITCODE, or run the script with pwsh`})
		break // one tells it; there may be hundreds
	}
	for _, c := range f.Comments {
		m := requiresNewer.FindStringSubmatch(f.at(c))
		if m == nil {
			continue
		}
		if version, err := strconv.Atoi(m[1]); m[2] != "" || err == nil && version > 5 {
			report(scriptrule.Finding{From: c.From, To: c.To,
				Summary: fmt.Sprintf("the script demands a newer PowerShell: %s", f.at(c)),
				Why:     "customizers run Windows PowerShell 5.1, which refuses the script for this",
				Fix:     "remove the line, or run the script with pwsh"})
		}
	}
}
