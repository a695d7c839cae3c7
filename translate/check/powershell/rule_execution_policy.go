package powershell

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func executionPolicy(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		if !f.is(c, "set-executionpolicy") || c.Splat || !c.lacks("ErrorAction") || !c.lacks("EA") {
			continue
		}
		policy, scope := c.value("ExecutionPolicy"), c.value("Scope")
		if policy == (Word{}) && len(c.Args) > 0 && c.Args[0].Param == "" {
			policy = c.Args[0].Word
		}
		if !policy.Known || strings.EqualFold(policy.Value, "Bypass") || !c.lacks("Scope") && !scope.Known ||
			strings.EqualFold(scope.Value, "Process") {
			continue
		}
		report(scriptrule.Finding{From: c.From, To: c.To,
			Summary: fmt.Sprintf("the policy is set to %q, and an error is reported for it", policy.Value),
			Why: `the script runs with "-ExecutionPolicy Bypass", which is stronger: the error says so, and ends a script ` +
				`with $ErrorActionPreference = 'Stop'`,
			Fix: "leave it out if it is meant for this script; if it is meant for the image, add " +
				`"-ErrorAction SilentlyContinue"`})
	}
}
